/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "app/debounce.h"

#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define QUIET   DEBOUNCE_QUIET_MS
#define LONGEST DEBOUNCE_LONGEST_MS

/* Any moment will do. */
#define T 5000000

static int set_up(void **state)
{
	static struct debounce debounce;

	debounce = (struct debounce){ 0 };
	*state = &debounce;
	return 0;
}

static int tear_down(void **state)
{
	(void)memory_restore();
	debounce_take(*state);
	return 0;
}

static void without_a_change_nothing_is_due(void **state)
{
	assert_int_equal(debounce_due(*state, T), -1);
}

static void a_change_is_loaded_when_all_has_been_quiet_for_a_while(void **state)
{
	struct debounce *debounce = *state;

	debounce_touch(debounce, T);
	assert_int_equal(debounce_due(debounce, T), QUIET);
	assert_int_equal(debounce_due(debounce, T + QUIET - 1), 1);
	assert_int_equal(debounce_due(debounce, T + QUIET), 0);
	assert_int_equal(debounce_due(debounce, T + 10 * QUIET), 0);
}

static void another_change_begins_the_wait_anew(void **state)
{
	struct debounce *debounce = *state;

	debounce_touch(debounce, T);
	debounce_touch(debounce, T + 1500);
	assert_int_equal(debounce_due(debounce, T + QUIET), 1500);
	assert_int_equal(debounce_due(debounce, T + 1500 + QUIET), 0);
}

static void changes_without_end_do_not_put_it_off_for_ever(void **state)
{
	struct debounce *debounce = *state;

	for (unsigned after = 0; after < LONGEST; after += 1000) {
		debounce_touch(debounce, T + after);
		assert_true(debounce_due(debounce, T + after) > 0);
	}
	assert_int_equal(debounce_due(debounce, T + LONGEST - 1), 1);
	assert_int_equal(debounce_due(debounce, T + LONGEST), 0);
}

static void a_file_that_is_being_written_is_waited_for(void **state)
{
	struct debounce *debounce = *state;

	debounce_write(debounce, 1, "a", T);
	debounce_write(debounce, 1, "a", T + 1);
	debounce_write(debounce, 2, "a", T + 1);
	assert_int_equal(debounce_due(debounce, T + 5 * QUIET), LONGEST - 5 * QUIET);

	assert_false(debounce_written(debounce, 1, "b"));
	assert_true(debounce_written(debounce, 1, "a"));
	assert_false(debounce_written(debounce, 1, "a"));
	assert_int_equal(debounce_due(debounce, T + 5 * QUIET), LONGEST - 5 * QUIET);

	assert_true(debounce_written(debounce, 2, "a"));
	debounce_touch(debounce, T + 5 * QUIET);
	assert_int_equal(debounce_due(debounce, T + 5 * QUIET), QUIET);
}

static void one_that_is_never_done_is_waited_for_so_long_and_no_longer(void **state)
{
	struct debounce *debounce = *state;

	debounce_write(debounce, 1, "a", T);
	assert_int_equal(debounce_due(debounce, T + LONGEST - 1), 1);
	assert_int_equal(debounce_due(debounce, T + LONGEST), 0);

	debounce_take(debounce);
	assert_int_equal(debounce_due(debounce, T + LONGEST), -1);
	debounce_touch(debounce, T + LONGEST);
	assert_int_equal(debounce_due(debounce, T + LONGEST), QUIET);
}

static void files_of_a_place_that_is_not_watched_any_more_are_not_waited_for(void **state)
{
	struct debounce *debounce = *state;

	debounce_write(debounce, 1, "a", T);
	debounce_write(debounce, 2, "b", T);
	debounce_write(debounce, 1, "c", T);
	debounce_forget(debounce, 1);
	assert_true(debounce_written(debounce, 2, "b"));
	assert_int_equal(debounce_due(debounce, T), QUIET);
}

static void of_more_files_than_it_knows_none_is_loaded_too_early(void **state)
{
	struct debounce *debounce = *state;
	char name[16];

	for (unsigned i = 0; i <= DEBOUNCE_WRITTEN_MOST; i++) {
		(void)snprintf(name, sizeof(name), "%u", i);
		debounce_write(debounce, 1, name, T);
	}
	for (unsigned i = 0; i < DEBOUNCE_WRITTEN_MOST; i++) {
		(void)snprintf(name, sizeof(name), "%u", i);
		assert_true(debounce_written(debounce, 1, name));
	}
	assert_int_equal(debounce_due(debounce, T + QUIET), LONGEST - QUIET);
	debounce_take(debounce);
	debounce_touch(debounce, T);
	assert_int_equal(debounce_due(debounce, T), QUIET);
}

static void nor_is_one_without_memory(void **state)
{
	struct debounce *debounce = *state;

	for (size_t n = 0; n < 2; n++) {
		memory_fail_after(n);
		debounce_write(debounce, 1, "a", T);
		assert_true(memory_restore());
		assert_int_equal(debounce_due(debounce, T + QUIET), LONGEST - QUIET);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_change_nothing_is_due),
		TEST(a_change_is_loaded_when_all_has_been_quiet_for_a_while),
		TEST(another_change_begins_the_wait_anew),
		TEST(changes_without_end_do_not_put_it_off_for_ever),
		TEST(a_file_that_is_being_written_is_waited_for),
		TEST(one_that_is_never_done_is_waited_for_so_long_and_no_longer),
		TEST(files_of_a_place_that_is_not_watched_any_more_are_not_waited_for),
		TEST(of_more_files_than_it_knows_none_is_loaded_too_early),
		TEST(nor_is_one_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
