/* SPDX-License-Identifier: ISC */
/* wrap: clock_now log_write */
#include "core/coverage.h"
#include "make_cert.h"

#include "base/clock.h"
#include "log/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HOST   "mta-sts.example.org"
#define CONFIG "/etc/mta-stsd.conf"
#define DAY    MAKE_CERT_DAY

struct fixture {
	char *directory;
	struct registry *registry;
	struct certs *certs;
	struct coverage coverage;
};

static time_t now;
static unsigned lines, errors;
static char last[512];

__typeof__(clock_now) __wrap_clock_now;
__typeof__(log_write) __wrap_log_write __attribute__((format(printf, 2, 3)));

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
	fixture = (struct fixture){ .directory = make_cert_directory() };
	*state = &fixture;
	return registry_new(&fixture.registry) == ERR_OK && certs_new(&fixture.certs) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	coverage_free(&fix->coverage);
	registry_free(&fix->registry);
	certs_free(&fix->certs);
	make_cert_remove(&fix->directory);
	return 0;
}

static void make(struct fixture *fix, const char *file, const char *name, time_t days)
{
	make_cert(&(struct make_cert){ .names = { name },
				       .not_before = MAKE_CERT_NOW - DAY,
				       .not_after = MAKE_CERT_NOW + days * DAY },
		  fix->directory, file, file);
}

static void load(struct fixture *fix)
{
	struct complaints complaints = { 0 };
	struct names roots = { 0 };

	assert_int_equal(names_put(&roots, fix->directory), ERR_OK);
	assert_int_equal(certs_load(fix->certs, &roots, &complaints), ERR_OK);
	assert_int_equal(complaints.errors, 0);
	names_free(&roots);
	complaints_free(&complaints);
}

/* Review, and assert how many lines there were since the last time. */
static void assert_lines(struct fixture *fix, unsigned wanted)
{
	lines = errors = 0;
	coverage_review(&fix->coverage, fix->registry, fix->certs);
	assert_int_equal(lines, wanted);
}

static void each_stage_is_told_once_a_day(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a.pem", "a.example", 89); /* of 90 days */
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
	assert_non_null(strstr(last, "expires within days"));
	assert_lines(fix, 0);
	now += 3 * DAY + 1;
	assert_lines(fix, 1);
	assert_int_equal(errors, 1);
	assert_non_null(strstr(last, "has expired"));
}

static void a_pair_that_others_stand_in_for_is_not_told(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a.pem", "a.example", 2);
	make(fix, "b.pem", "a.example", 90);
	load(fix);
	now += DAY + DAY / 2;
	assert_lines(fix, 0);
}

static void a_clock_that_is_set_back_begins_a_new_day(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a.pem", "a.example", 89);
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

	for (unsigned i = 0; i < COVERAGE_WARNED + 2; i++) {
		char file[64], name[64];

		(void)snprintf(file, sizeof(file), "%02u.pem", i);
		(void)snprintf(name, sizeof(name), "h%02u.example", i);
		make(fix, file, name, 89);
	}
	make(fix, "zz.pem", "urgent.example", 82);
	load(fix);
	now += 80 * DAY;
	assert_lines(fix, COVERAGE_WARNED + 2);
	assert_int_equal(errors, 1);
	assert_non_null(strstr(last, "(2 besides those named today)"));
	assert_lines(fix, 0);
	now += DAY;
	assert_lines(fix, COVERAGE_WARNED + 2);
}

/* A certificate of the policy host, and what became of a fetch there. */
static int set_up_host(void **state)
{
	if (set_up(state) != 0)
		return -1;
	make(*state, "a.pem", HOST, 90);
	load(*state);
	return 0;
}

static void note(struct fixture *fix, const char *host, const char *why)
{
	coverage_note_fetch(&fix->coverage, fix->certs, host, why, CONFIG);
}

static void a_failure_is_told_once_and_names_the_certificate(void **state)
{
	struct fixture *fix = *state;
	const struct complaints *unfetched = &fix->coverage.unfetched;

	for (unsigned i = 0; i < 3; i++)
		note(fix, HOST, "no handshake, alert: Handshake failed");
	assert_int_equal(lines, 1);
	assert_int_equal(unfetched->count, 1);
	assert_int_equal(unfetched->errors, 1);
	assert_string_equal(unfetched->item[0].file, make_cert_path(fix->directory, "a.pem"));
	assert_string_equal(unfetched->item[0].value, HOST ": no handshake, alert: Handshake failed");
}

static void a_success_takes_it_back(void **state)
{
	struct fixture *fix = *state;

	note(fix, HOST, "no answer");
	note(fix, HOST, NULL);
	assert_int_equal(fix->coverage.unfetched.count, 0);
	note(fix, HOST, "no answer");
	assert_int_equal(lines, 2);
}

static void a_host_whose_certificate_has_gone_is_told_all_the_same(void **state)
{
	struct fixture *fix = *state;

	note(fix, "mta-sts.gone.example", "no answer");
	assert_string_equal(fix->coverage.unfetched.item[0].file, CONFIG);
}

static void nothing_is_said_of_no_host(void **state)
{
	struct fixture *fix = *state;

	note(fix, "", "no handshake");
	assert_int_equal(fix->coverage.unfetched.count, 0);
}

#define TEST(name)      cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define HOST_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_host, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_stage_is_told_once_a_day),
		TEST(a_pair_that_others_stand_in_for_is_not_told),
		TEST(a_clock_that_is_set_back_begins_a_new_day),
		TEST(of_many_the_first_are_named_and_the_rest_counted),
		HOST_TEST(a_failure_is_told_once_and_names_the_certificate),
		HOST_TEST(a_success_takes_it_back),
		HOST_TEST(a_host_whose_certificate_has_gone_is_told_all_the_same),
		HOST_TEST(nothing_is_said_of_no_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
