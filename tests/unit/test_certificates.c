/* SPDX-License-Identifier: ISC */
#include "core/certificates.h"
#include "make_cert.h"

#include "log/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define DAY MAKE_CERT_DAY

struct fixture {
	char *state;
	struct settings settings;
	struct certs *certs;
	struct certificates_warned warned;
	struct complaints complaints;
};

static time_t now;
static unsigned lines, errors;
static char last[512];

time_t __wrap_clock_now(void);
void __wrap_log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

time_t __wrap_clock_now(void)
{
	return now;
}

void __wrap_log_write(enum log_level level, const char *format, ...)
{
	va_list args;

	lines++;
	errors += level == LOG_LEVEL_ERROR;
	va_start(args, format);
	(void)vsnprintf(last, sizeof(last), format, args);
	va_end(args);
}

static int set_up(void **state)
{
	static struct fixture fixture;

	now = MAKE_CERT_NOW;
	lines = errors = 0;
	fixture = (struct fixture){ .state = make_cert_directory() };
	*state = &fixture;
	return certs_new(&fixture.certs) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	certificates_warned_free(&fix->warned);
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

/* Review, and assert how many lines there were since the last time. */
static void assert_lines(struct fixture *fix, unsigned wanted)
{
	lines = errors = 0;
	certificates_review(fix->certs, &fix->warned);
	assert_int_equal(lines, wanted);
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

static void each_stage_is_told_once_a_day(void **state)
{
	struct fixture *fix = *state;

	make(fix, "certificates/a.pem", "a.example", 89); /* of 90 days */
	load(fix);
	assert_lines(fix, 0);
	now += 58 * DAY;
	assert_lines(fix, 0);
	now += DAY;
	assert_lines(fix, 1);
	assert_int_equal(errors, 0);
	assert_non_null(strstr(last, "a.example, certificate expires soon"));
	assert_non_null(strstr(last, "days left: 30)"));
	now += DAY - 1;
	assert_lines(fix, 0);
	now += 1;
	assert_lines(fix, 1);
	now += 25 * DAY + DAY / 2;
	assert_lines(fix, 1);
	now += DAY / 2;
	assert_lines(fix, 1);
	assert_int_equal(errors, 1);
	assert_non_null(strstr(last, "expires in days"));
	assert_lines(fix, 0);
	now += 3 * DAY + 1;
	assert_lines(fix, 1);
	assert_int_equal(errors, 1);
	assert_non_null(strstr(last, "has expired"));
}

static void a_pair_that_others_stand_in_for_is_not_told(void **state)
{
	struct fixture *fix = *state;

	make(fix, "certificates/a.pem", "a.example", 2);
	make(fix, "certificates/b.pem", "a.example", 90);
	load(fix);
	now += DAY + DAY / 2;
	assert_lines(fix, 0);
}

static void a_clock_that_is_set_back_begins_a_new_day(void **state)
{
	struct fixture *fix = *state;

	make(fix, "certificates/a.pem", "a.example", 89);
	load(fix);
	now += 80 * DAY;
	assert_lines(fix, 1);
	now -= 10 * DAY;
	assert_lines(fix, 1);
	assert_lines(fix, 0);
}

static void of_many_the_first_are_named_and_the_rest_counted(void **state)
{
	struct fixture *fix = *state;

	for (unsigned i = 0; i < CERTIFICATES_WARNED_NAMED + 2; i++) {
		char file[64], name[64];

		(void)snprintf(file, sizeof(file), "certificates/%02u.pem", i);
		(void)snprintf(name, sizeof(name), "h%02u.example", i);
		make(fix, file, name, 89);
	}
	make(fix, "certificates/zz.pem", "urgent.example", 82);
	load(fix);
	now += 80 * DAY;
	assert_lines(fix, CERTIFICATES_WARNED_NAMED + 2);
	assert_int_equal(errors, 1);
	assert_non_null(strstr(last, "(2 besides those named today)"));
	assert_lines(fix, 0);
	now += DAY;
	assert_lines(fix, CERTIFICATES_WARNED_NAMED + 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_kinds_of_directories_are_loaded),
		TEST(nobody_misses_a_directory_before_the_first_install),
		TEST(each_stage_is_told_once_a_day),
		TEST(a_pair_that_others_stand_in_for_is_not_told),
		TEST(a_clock_that_is_set_back_begins_a_new_day),
		TEST(of_many_the_first_are_named_and_the_rest_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
