/* SPDX-License-Identifier: ISC */
#include "ctl/cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW ((time_t)1795449600) /* 2026-11-23T16:00:00Z */

static void assert_reads(const char *text, time_t expected)
{
	time_t since = -1;

	assert_int_equal(options_parse_since(text, NOW, &since), ERR_OK);
	assert_int_equal(since, expected);
}

static void a_day_begins_at_midnight_utc(void **state)
{
	(void)state;
	assert_reads("2026-11-23", NOW - 16 * 3600);
	assert_reads("2024-02-29", 1709164800);
}

static void a_moment_is_read_as_it_is_printed(void **state)
{
	(void)state;
	assert_reads("2026-11-23T16:00:00Z", NOW);
	assert_reads("2026-11-23T16:00:01Z", NOW + 1);
}

static void a_span_ends_now(void **state)
{
	(void)state;
	assert_reads("90s", NOW - 90);
	assert_reads("90m", NOW - 90 * 60);
	assert_reads("24h", NOW - 86400);
	assert_reads("7d", NOW - 7 * 86400);
	assert_reads("3660d", NOW - 3660L * 86400);
}

static void anything_else_is_refused(void **state)
{
	static const char *const bad[] = { "",
					   "d",
					   "7",
					   "7w",
					   "-7d",
					   " 7d",
					   "7 d",
					   "7dd",
					   "3661d",
					   "9999999999s",
					   "99999999999999999999d",
					   "2026-02-29",
					   "2026-13-01",
					   "2026-1-1",
					   "26-11-23",
					   " 2026-11-3",
					   "2026-11-23T16:00:00",
					   "2026-11-23T16:00:00z",
					   "2026-11-23 16:00:00Z",
					   "2026-11-23T24:00:00Z",
					   "2026-11-23T16:00:61Z",
					   "2026-11-23T16:00:00+00:00",
					   "2026-11-23T16:00:00Z ",
					   "yesterday" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		time_t since = -1;

		assert_int_equal(options_parse_since(bad[i], NOW, &since), ERR_SYNTAX);
		assert_int_equal(since, -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_begins_at_midnight_utc),
		cmocka_unit_test(a_moment_is_read_as_it_is_printed),
		cmocka_unit_test(a_span_ends_now),
		cmocka_unit_test(anything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
