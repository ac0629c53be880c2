/* SPDX-License-Identifier: ISC */
/* wrap: clock_now */
#include "base/clock.h"
#include "core/certificates.h"
#include "make_cert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY MAKE_CERT_DAY

struct fixture {
	char *state;
	struct settings settings;
	struct certs *certs;
	struct complaints complaints;
};

__typeof__(clock_now) __wrap_clock_now;

time_t __wrap_clock_now(void)
{
	return MAKE_CERT_NOW;
}

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .state = make_cert_directory() };
	*state = &fixture;
	return certs_new(&fixture.certs) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	certs_free(&fix->certs);
	names_free(&fix->settings.certificates);
	complaints_free(&fix->complaints);
	make_cert_remove(&fix->state);
	return 0;
}

static void make(struct fixture *fix, const char *file, const char *name, time_t days)
{
	make_cert(&(struct make_cert){ .names = { name },
				       .not_before = MAKE_CERT_NOW - DAY,
				       .not_after = MAKE_CERT_NOW + days * DAY },
		  fix->state, file, file);
}

static void load(struct fixture *fix)
{
	assert_int_equal(certificates_load(fix->certs, &fix->settings, fix->state, &fix->complaints), ERR_OK);
}

static void both_kinds_of_directories_are_loaded(void **state)
{
	struct fixture *fix = *state;

	make(fix, "elsewhere/a.pem", "a.example", 90);
	make(fix, "certificates/b.pem", "b.example", 90);
	make(fix, "certificates/.new", "c.example", 90);
	assert_int_equal(names_put(&fix->settings.certificates, make_cert_path(fix->state, "elsewhere")),
			 ERR_OK);
	load(fix);
	assert_int_equal(fix->complaints.count, 0);
	assert_true(certs_serve(fix->certs, "a.example"));
	assert_true(certs_serve(fix->certs, "b.example"));
	assert_false(certs_serve(fix->certs, "c.example"));
}

static void nobody_misses_a_directory_before_the_first_install(void **state)
{
	struct fixture *fix = *state;

	load(fix);
	assert_int_equal(fix->complaints.count, 0);
	assert_int_equal(certificates_load(fix->certs, &fix->settings, NULL, &fix->complaints), ERR_OK);
	assert_int_equal(fix->complaints.count, 0);
	make_cert_file(fix->state, "certificates", "no directory", 0600);
	load(fix);
	assert_int_equal(fix->complaints.errors, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_kinds_of_directories_are_loaded),
		TEST(nobody_misses_a_directory_before_the_first_install),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
