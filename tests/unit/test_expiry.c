/* SPDX-License-Identifier: ISC */
#include "certs/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DAY   ((time_t)86400)
#define START ((time_t)1767225600)

/* The stage of a certificate of so many days, so many seconds before its end. */
static enum expiry stage(time_t days, time_t left)
{
	return expiry_stage(START, START + days * DAY, START + days * DAY - left);
}

static void soon_begins_with_the_last_third(void **state)
{
	(void)state;
	assert_int_equal(stage(90, 90 * DAY), EXPIRY_FINE);
	assert_int_equal(stage(90, 30 * DAY + 1), EXPIRY_FINE);
	assert_int_equal(stage(90, 30 * DAY), EXPIRY_SOON);
}

static void urgent_begins_three_days_before_the_end(void **state)
{
	(void)state;
	assert_int_equal(stage(90, 3 * DAY + 1), EXPIRY_SOON);
	assert_int_equal(stage(90, 3 * DAY), EXPIRY_URGENT);
	assert_int_equal(stage(90, 0), EXPIRY_URGENT);
	assert_int_equal(stage(90, -1), EXPIRY_EXPIRED);
}

/* A new certificate of six days is nothing to worry about. */
static void a_short_life_is_fine_until_its_last_third(void **state)
{
	(void)state;
	assert_int_equal(stage(6, 2 * DAY + 1), EXPIRY_FINE);
	assert_int_equal(stage(6, 2 * DAY), EXPIRY_URGENT);
}

static void dates_that_make_no_sense_do_no_harm(void **state)
{
	(void)state;
	assert_int_equal(expiry_stage(START, START, START), EXPIRY_URGENT);
	assert_int_equal(expiry_stage(START + DAY, START, START + 1), EXPIRY_EXPIRED);
	assert_int_equal(expiry_stage(START, START + 90 * DAY, START - DAY), EXPIRY_FINE);
}

static void days_are_rounded_down(void **state)
{
	static const struct {
		time_t left;
		long days;
	} cases[] = { { DAY, 1 }, { DAY - 1, 0 }, { 0, 0 }, { -1, -1 }, { -DAY, -1 }, { -DAY - 1, -2 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(expiry_days_left(START + cases[i].left, START), cases[i].days);
}

static void every_stage_has_its_word(void **state)
{
	static const char *const words[EXPIRY_COUNT] = { NULL, "fine", "soon", "urgent", "expired" };

	(void)state;
	for (unsigned i = EXPIRY_FINE; i < EXPIRY_COUNT; i++)
		assert_string_equal(expiry_text((enum expiry)i), words[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(soon_begins_with_the_last_third),
		cmocka_unit_test(urgent_begins_three_days_before_the_end),
		cmocka_unit_test(a_short_life_is_fine_until_its_last_third),
		cmocka_unit_test(dates_that_make_no_sense_do_no_harm),
		cmocka_unit_test(days_are_rounded_down),
		cmocka_unit_test(every_stage_has_its_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
