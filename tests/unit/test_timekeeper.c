/* SPDX-License-Identifier: ISC */
/* wrap: clock_boot_ms clock_now log_event */
#include "core/timekeeper.h"

#include "base/clock.h"
#include "log/log_event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START ((time_t)1795449600) /* 2026-11-23 16:00:00 */

static time_t now;
static uint64_t steady_ms;
static unsigned told;

__typeof__(clock_now) __wrap_clock_now;
__typeof__(clock_boot_ms) __wrap_clock_boot_ms;
__typeof__(log_event) __wrap_log_event;

time_t __wrap_clock_now(void)
{
	return now;
}

uint64_t __wrap_clock_boot_ms(void)
{
	return steady_ms;
}

void __wrap_log_event(enum log_event event, const struct log_fields *fields, const char *format, ...)
{
	(void)fields;
	(void)format;
	told += event == EVENT_CLOCK_JUMPED;
}

static struct timekeeper begin(time_t last_written)
{
	struct timekeeper timekeeper;

	now = START;
	steady_ms = 5000;
	told = 0;
	timekeeper_begin(&timekeeper, last_written);
	return timekeeper;
}

/* Time passes, and the clock is set besides. */
static void pass(struct timekeeper *timekeeper, int64_t seconds, int64_t jump)
{
	now += seconds + jump;
	steady_ms += (uint64_t)seconds * 1000;
	timekeeper_look(timekeeper);
}

static void assert_says(const struct timekeeper *timekeeper, const char *value)
{
	struct complaints complaints = { 0 };

	timekeeper_complain(timekeeper, "file", &complaints);
	assert_int_equal(complaints.count, value != NULL);
	assert_int_equal(complaints.errors, 0);
	if (value != NULL)
		assert_string_equal(complaints.item[0].value, value);
	complaints_free(&complaints);
}

static void time_that_passes_is_no_jump(void **state)
{
	struct timekeeper timekeeper = begin(0);

	(void)state;
	pass(&timekeeper, 60, 0);
	pass(&timekeeper, 86400 * 365, 0);
	for (int i = 0; i < 1000; i++)
		pass(&timekeeper, 60, 1); /* slow corrections */
	pass(&timekeeper, 1, 59);
	pass(&timekeeper, 1, -59);
	assert_int_equal(timekeeper.jumps, 0);
	assert_int_equal(told, 0);
	assert_says(&timekeeper, NULL);
}

static void a_jump_is_logged_once_and_said_for_a_day(void **state)
{
	struct timekeeper timekeeper = begin(0);

	(void)state;
	pass(&timekeeper, 10, 60);
	assert_says(&timekeeper, "forward by 60 s");
	pass(&timekeeper, 86399, 0);
	assert_says(&timekeeper, "forward by 60 s");
	pass(&timekeeper, 1, 0);
	assert_says(&timekeeper, NULL);
	assert_int_equal(timekeeper.jumps, 1);
	assert_int_equal(told, 1);
}

static void a_clock_that_is_set_right_again_is_not_complained_about(void **state)
{
	struct timekeeper timekeeper = begin(0);

	(void)state;
	pass(&timekeeper, 10, -86400 * 400);
	assert_says(&timekeeper, "back by 34560000 s");
	pass(&timekeeper, 10, 86400 * 400);
	assert_says(&timekeeper, NULL);
	assert_int_equal(told, 2);
}

static void a_clock_behind_what_was_written_is_said_until_it_is_not(void **state)
{
	struct timekeeper timekeeper = begin(START + 59);

	(void)state;
	assert_says(&timekeeper, NULL);
	timekeeper = begin(START + 60);
	assert_int_equal(told, 1);
	assert_says(&timekeeper, "now: 2026-11-23T16:00:00Z, written: 2026-11-23T16:01:00Z");
	pass(&timekeeper, 1, 0);
	assert_says(&timekeeper, NULL);
	assert_int_equal(told, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_that_passes_is_no_jump),
		cmocka_unit_test(a_jump_is_logged_once_and_said_for_a_day),
		cmocka_unit_test(a_clock_that_is_set_right_again_is_not_complained_about),
		cmocka_unit_test(a_clock_behind_what_was_written_is_said_until_it_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
