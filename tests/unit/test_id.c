/* SPDX-License-Identifier: ISC */
#include "policy/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* 2026-12-01 04:10:00 UTC */
#define NOW      1796098200
#define NOW_TEXT "20261201041000"

static void assert_next(time_t now, const char *last, const char *expected)
{
	char id[ID_SIZE];

	id_next(now, last, id);
	assert_string_equal(id, expected);
	assert_true(id_is_valid(id));
}

static void an_id_is_1_to_32_letters_and_digits(void **state)
{
	(void)state;
	assert_true(id_is_valid("1"));
	assert_true(id_is_valid("azAZ09"));
	assert_true(id_is_valid("12345678901234567890123456789012"));
	assert_false(id_is_valid("123456789012345678901234567890123"));
	assert_false(id_is_valid(""));
	assert_false(id_is_valid("a-b"));
	assert_false(id_is_valid("a b"));
	assert_false(id_is_valid("a;"));
	assert_false(id_is_valid("\xc3\xbc"));
	assert_false(id_is_valid("a\n"));
}

static void the_first_id_is_the_time(void **state)
{
	(void)state;
	assert_next(NOW, "", NOW_TEXT);
	assert_next(0, "", "19700101000000");
}

static void a_later_time_is_the_next_id(void **state)
{
	(void)state;
	assert_next(NOW, "20261201040959", NOW_TEXT);
	assert_next(NOW, "1", NOW_TEXT);
}

static void the_same_second_counts_on(void **state)
{
	(void)state;
	assert_next(NOW, NOW_TEXT, "20261201041001");
}

static void a_clock_set_back_counts_on(void **state)
{
	(void)state;
	assert_next(NOW, "20991231235999", "20991231236000");
}

static void counting_carries_and_grows(void **state)
{
	(void)state;
	assert_next(NOW, "99999999999999", "100000000000000");
	assert_next(NOW, "0099999999999999", "0100000000000000");
}

static void an_id_that_cannot_be_counted_up_does_not_count(void **state)
{
	(void)state;
	assert_next(NOW, "99999999999999999999999999999999", NOW_TEXT);
	assert_next(NOW, "version2", NOW_TEXT);
	assert_next(NOW, "20261201041000a", NOW_TEXT);
}

static void leading_zeros_do_not_make_a_number_larger(void **state)
{
	(void)state;
	assert_next(NOW, "00000000000000000001", NOW_TEXT);
	assert_next(NOW, "0020261201041000", "0020261201041001");
}

static void the_next_id_may_take_the_place_of_the_last(void **state)
{
	char id[ID_SIZE] = NOW_TEXT;

	(void)state;
	for (int i = 0; i < 100; i++)
		id_next(NOW, id, id);
	assert_string_equal(id, "20261201041100");
}

static void a_thousand_ids_in_one_second_are_all_different_and_greater(void **state)
{
	char last[ID_SIZE] = "";

	(void)state;
	for (int i = 0; i < 1000; i++) {
		char next[ID_SIZE];

		id_next(NOW - i, last, next);
		assert_true(strcmp(next, last) > 0);
		memcpy(last, next, sizeof(last));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_1_to_32_letters_and_digits),
		cmocka_unit_test(the_first_id_is_the_time),
		cmocka_unit_test(a_later_time_is_the_next_id),
		cmocka_unit_test(the_same_second_counts_on),
		cmocka_unit_test(a_clock_set_back_counts_on),
		cmocka_unit_test(counting_carries_and_grows),
		cmocka_unit_test(an_id_that_cannot_be_counted_up_does_not_count),
		cmocka_unit_test(leading_zeros_do_not_make_a_number_larger),
		cmocka_unit_test(the_next_id_may_take_the_place_of_the_last),
		cmocka_unit_test(a_thousand_ids_in_one_second_are_all_different_and_greater),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
