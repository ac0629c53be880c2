/* SPDX-License-Identifier: ISC */
#include "core/unfetched.h"
#include "log/log_event.h"

#include "make_cert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HOST "mta-sts.example.org"

struct fixture {
	char *directory;
	struct host host;
};

static unsigned logged;

time_t __wrap_clock_now(void);
void __wrap_log_event_complaints(const struct complaints *list);

time_t __wrap_clock_now(void)
{
	return MAKE_CERT_NOW;
}

void __wrap_log_event_complaints(const struct complaints *list)
{
	logged += (unsigned)list->count;
}

static int set_up(void **state)
{
	static char config[] = "/etc/mta-stsd.conf";
	static struct fixture fixture;
	struct complaints complaints = { 0 };
	struct names roots = { 0 };

	logged = 0;
	fixture = (struct fixture){ .directory = make_cert_directory(), .host = { .config_path = config } };
	make_cert(&(struct make_cert){ .names = { HOST } }, fixture.directory, "a.crt", "a.key");
	assert_int_equal(certs_new(&fixture.host.certs), ERR_OK);
	assert_int_equal(names_put(&roots, fixture.directory), ERR_OK);
	assert_int_equal(certs_load(fixture.host.certs, &roots, &complaints), ERR_OK);
	names_free(&roots);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	complaints_free(&fix->host.unfetched);
	certs_free(&fix->host.certs);
	make_cert_remove(&fix->directory);
	return 0;
}

static void a_failure_is_told_once_and_names_the_certificate(void **state)
{
	struct fixture *fix = *state;
	const struct complaints *unfetched = &fix->host.unfetched;

	for (unsigned i = 0; i < 3; i++)
		unfetched_note(&fix->host, HOST, "no handshake, alert: Handshake failed");
	assert_int_equal(logged, 1);
	assert_int_equal(unfetched->count, 1);
	assert_int_equal(unfetched->errors, 1);
	assert_string_equal(unfetched->item[0].file, make_cert_path(fix->directory, "a.crt"));
	assert_string_equal(unfetched->item[0].value, HOST ": no handshake, alert: Handshake failed");
}

static void a_success_takes_it_back(void **state)
{
	struct fixture *fix = *state;

	unfetched_note(&fix->host, HOST, "no answer");
	unfetched_note(&fix->host, HOST, NULL);
	assert_int_equal(fix->host.unfetched.count, 0);
	unfetched_note(&fix->host, HOST, "no answer");
	assert_int_equal(logged, 2);
}

static void a_host_whose_certificate_has_gone_is_told_all_the_same(void **state)
{
	struct fixture *fix = *state;

	unfetched_note(&fix->host, "mta-sts.gone.example", "no answer");
	assert_string_equal(fix->host.unfetched.item[0].file, fix->host.config_path);
}

static void nothing_is_said_of_no_host(void **state)
{
	struct fixture *fix = *state;

	unfetched_note(&fix->host, "", "no handshake");
	assert_int_equal(fix->host.unfetched.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_failure_is_told_once_and_names_the_certificate),
		TEST(a_success_takes_it_back),
		TEST(a_host_whose_certificate_has_gone_is_told_all_the_same),
		TEST(nothing_is_said_of_no_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
