/* SPDX-License-Identifier: ISC */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
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
		cmocka_unit_test(the_steady_clock_never_goes_back),
		cmocka_unit_test(the_time_of_day_is_the_systems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
