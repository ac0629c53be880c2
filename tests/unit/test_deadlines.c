/* SPDX-License-Identifier: ISC */
#include "serve/deadlines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct timer {
	struct deadline deadline;
	int times;
	struct deadlines *again; /* to be set again in, when it passes */
	struct timer *other;     /* to be cleared when it passes */
};

static const uint64_t durations[DEADLINE_COUNT] = { 100, 50, 200, 10, 1000 };

static void passed(struct deadline *deadline)
{
	struct timer *timer = (struct timer *)deadline;

	timer->times++;
	if (timer->again != NULL && timer->times < 10)
		deadlines_set(timer->again, deadline, DEADLINE_REQUEST, deadline->due_ms);
	if (timer->other != NULL)
		deadlines_clear(timer->again, &timer->other->deadline);
}

static void nothing_set_means_no_timeout(void **state)
{
	struct deadlines deadlines;

	(void)state;
	deadlines_init(&deadlines, durations);

	assert_int_equal(deadlines_timeout(&deadlines, 0), -1);
	assert_null(deadlines_first(&deadlines, DEADLINE_HANDSHAKE));
	deadlines_run(&deadlines, UINT64_MAX);
}

static void timeout_is_the_earliest_of_all_kinds(void **state)
{
	struct timer slow = { .deadline.passed = passed };
	struct timer fast = { .deadline.passed = passed };
	struct deadlines deadlines;

	(void)state;
	deadlines_init(&deadlines, durations);
	deadlines_set(&deadlines, &slow.deadline, DEADLINE_RESPONSE, 1000);
	assert_int_equal(deadlines_timeout(&deadlines, 1000), 200);
	deadlines_set(&deadlines, &fast.deadline, DEADLINE_REQUEST, 1010);

	assert_int_equal(deadlines_timeout(&deadlines, 1010), 50);
	assert_int_equal(deadlines_timeout(&deadlines, 1060), 0);
	assert_int_equal(deadlines_timeout(&deadlines, 5000), 0);
}

static void each_deadline_passes_once_and_not_before_its_time(void **state)
{
	struct timer first = { .deadline.passed = passed };
	struct timer second = { .deadline.passed = passed };
	struct deadlines deadlines;

	(void)state;
	deadlines_init(&deadlines, durations);
	deadlines_set(&deadlines, &first.deadline, DEADLINE_HANDSHAKE, 0);
	deadlines_set(&deadlines, &second.deadline, DEADLINE_HANDSHAKE, 1);

	deadlines_run(&deadlines, 99);
	assert_int_equal(first.times, 0);
	deadlines_run(&deadlines, 100);
	assert_int_equal(first.times, 1);
	assert_int_equal(second.times, 0);
	deadlines_run(&deadlines, 1000);
	assert_int_equal(first.times, 1);
	assert_int_equal(second.times, 1);
}

static void setting_again_replaces_the_deadline_and_goes_to_the_end(void **state)
{
	struct timer first = { .deadline.passed = passed };
	struct timer second = { .deadline.passed = passed };
	struct deadlines deadlines;

	(void)state;
	deadlines_init(&deadlines, durations);
	deadlines_set(&deadlines, &first.deadline, DEADLINE_HANDSHAKE, 0);
	deadlines_set(&deadlines, &second.deadline, DEADLINE_HANDSHAKE, 10);
	assert_ptr_equal(deadlines_first(&deadlines, DEADLINE_HANDSHAKE), &first.deadline);

	deadlines_set(&deadlines, &first.deadline, DEADLINE_REQUEST, 90);

	assert_ptr_equal(deadlines_first(&deadlines, DEADLINE_HANDSHAKE), &second.deadline);
	deadlines_run(&deadlines, 139);
	assert_int_equal(first.times, 0);
	assert_int_equal(second.times, 1);
	deadlines_run(&deadlines, 140);
	assert_int_equal(first.times, 1);
}

static void a_cleared_deadline_never_passes(void **state)
{
	struct timer timer = { .deadline.passed = passed };
	struct deadlines deadlines;

	(void)state;
	deadlines_init(&deadlines, durations);
	deadlines_set(&deadlines, &timer.deadline, DEADLINE_LINGER, 0);

	deadlines_clear(&deadlines, &timer.deadline);
	deadlines_clear(&deadlines, &timer.deadline);
	deadlines_run(&deadlines, UINT64_MAX);

	assert_int_equal(timer.times, 0);
	assert_int_equal(deadlines_timeout(&deadlines, 0), -1);
}

static void what_passes_may_set_itself_and_clear_others(void **state)
{
	struct deadlines deadlines;
	struct timer victim = { .deadline.passed = passed };
	struct timer timer = { .deadline.passed = passed, .again = &deadlines, .other = &victim };

	(void)state;
	deadlines_init(&deadlines, durations);
	deadlines_set(&deadlines, &timer.deadline, DEADLINE_REQUEST, 0);
	deadlines_set(&deadlines, &victim.deadline, DEADLINE_REQUEST, 0);

	deadlines_run(&deadlines, 50);

	assert_int_equal(timer.times, 1);
	assert_int_equal(victim.times, 0);
	assert_int_equal(deadlines_timeout(&deadlines, 50), 50);
	deadlines_run(&deadlines, 10000);
	assert_int_equal(timer.times, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_set_means_no_timeout),
		cmocka_unit_test(timeout_is_the_earliest_of_all_kinds),
		cmocka_unit_test(each_deadline_passes_once_and_not_before_its_time),
		cmocka_unit_test(setting_again_replaces_the_deadline_and_goes_to_the_end),
		cmocka_unit_test(a_cleared_deadline_never_passes),
		cmocka_unit_test(what_passes_may_set_itself_and_clear_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
