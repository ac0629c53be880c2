/* SPDX-License-Identifier: ISC */
#include "policy/retire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void a_policy_holds_for_its_max_age(void **state)
{
	(void)state;
	assert_int_equal(retire_hold(MODE_ENFORCE, 31557600), 31557600);
	assert_int_equal(retire_hold(MODE_TESTING, 604800), 604800);
}

static void senders_raise_a_short_enforce_to_seven_days(void **state)
{
	(void)state;
	assert_int_equal(retire_hold(MODE_ENFORCE, 0), 604800);
	assert_int_equal(retire_hold(MODE_ENFORCE, 604799), 604800);
	assert_int_equal(retire_hold(MODE_ENFORCE, 604801), 604801);
}

static void senders_raise_a_short_testing_to_a_day(void **state)
{
	(void)state;
	assert_int_equal(retire_hold(MODE_TESTING, 86399), 86400);
	assert_int_equal(retire_hold(MODE_TESTING, 86401), 86401);
}

static void none_holds_nobody(void **state)
{
	(void)state;
	assert_int_equal(retire_hold(MODE_NONE, 31557600), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_holds_for_its_max_age),
		cmocka_unit_test(senders_raise_a_short_enforce_to_seven_days),
		cmocka_unit_test(senders_raise_a_short_testing_to_a_day),
		cmocka_unit_test(none_holds_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
