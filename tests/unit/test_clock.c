/* SPDX-License-Identifier: ISC */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_time_is_written_as_rfc_3339_does_in_utc(void **state)
{
	char text[CLOCK_TEXT_SIZE];

	(void)state;
	assert_string_equal(clock_text(0, text), "1970-01-01T00:00:00Z");
	assert_string_equal(clock_text(1583108999, text), "2020-03-02T00:29:59Z");
	assert_string_equal(clock_text(4102444800, text), "2100-01-01T00:00:00Z");
}

static void a_time_that_no_calendar_has_is_empty(void **state)
{
	char text[CLOCK_TEXT_SIZE];

	(void)state;
	assert_string_equal(clock_text(INT64_MAX, text), "");
}

static void a_time_that_was_written_can_be_read(void **state)
{
	static const time_t times[] = { 0, 951827696, 1583108999, 1795449600, 4102444800, 253402300799 };
	char text[CLOCK_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		time_t when = -1;

		assert_int_equal(clock_parse(clock_text(times[i], text), &when), ERR_OK);
		assert_int_equal(when, times[i]);
	}
}

static void a_time_that_would_not_be_written_so_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"2026",
		"2026-11-23",
		"2026-11-23T16:00:00",
		"2026-11-23T16:00Z",
		"2026-11-23 16:00:00Z",
		"2026-11-23T16:00:00z",
		"2026-11-23T16:00:00+00:00",
		"2026-11-23T16:00:00ZZ",
		"2026-11-23T16:00:00Z ",
		" 2026-11-23T16:00:00Z",
		"2026-11-23T16:00: 0Z",
		"2026-11-3T16:00:00Z",
		"26-11-23T16:00:00Z",
		"02026-11-23T16:00:00Z",
		"2026-02-31T16:00:00Z",
		"2025-02-29T16:00:00Z",
		"2026-13-01T16:00:00Z",
		"2026-00-01T16:00:00Z",
		"2026-11-23T24:00:00Z",
		"2026-11-23T16:60:00Z",
		"2016-12-31T23:59:60Z",
		"+026-11-23T16:00:00Z",
		"-026-11-23T16:00:00Z",
		"2026-11-23T16:00:00.5Z",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		time_t when = 77;

		if (clock_parse(wrong[i], &when) != ERR_SYNTAX)
			fail_msg("taken: %s", wrong[i]);
		assert_int_equal(when, 77);
	}
}

static void the_zone_of_the_process_does_not_count(void **state)
{
	char text[CLOCK_TEXT_SIZE];
	time_t when = -1;

	(void)state;
	assert_int_equal(setenv("TZ", "America/New_York", 1), 0);
	tzset();
	assert_int_equal(clock_parse("2026-11-23T16:00:00Z", &when), ERR_OK);
	assert_string_equal(clock_text(when, text), "2026-11-23T16:00:00Z");
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();

	assert_int_equal(when, 1795449600);
}

static void the_steady_clock_never_goes_back(void **state)
{
	uint64_t last = clock_ms();

	(void)state;
	for (int i = 0; i < 10000; i++) {
		uint64_t now = clock_ms();

		assert_true(now >= last);
		last = now;
	}
}

static void the_time_of_day_is_the_systems(void **state)
{
	time_t before = time(NULL);
	time_t now = clock_now();

	(void)state;
	assert_true(now >= before && now <= time(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_is_written_as_rfc_3339_does_in_utc),
		cmocka_unit_test(a_time_that_no_calendar_has_is_empty),
		cmocka_unit_test(a_time_that_was_written_can_be_read),
		cmocka_unit_test(a_time_that_would_not_be_written_so_is_refused),
		cmocka_unit_test(the_zone_of_the_process_does_not_count),
		cmocka_unit_test(the_steady_clock_never_goes_back),
		cmocka_unit_test(the_time_of_day_is_the_systems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
