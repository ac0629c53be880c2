/* SPDX-License-Identifier: ISC */
#include "storing.h"

#include "store/fetches.h"
#include "store/revisions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define A "a.example"

static void note(struct storing *storing, enum err (*what)(struct store_txn *txn, time_t now), time_t now)
{
	struct store_txn *txn = storing_begin(storing);

	assert_int_equal(what(txn, now), ERR_OK);
	storing_commit(&txn);
}

static void add(struct storing *storing, int64_t revision, int64_t count, time_t first_at, time_t last_at)
{
	const struct fetches fetches = { .count = count, .first_at = first_at, .last_at = last_at };
	struct store_txn *txn = storing_begin(storing);

	assert_int_equal(fetches_add(txn, revision, &fetches), ERR_OK);
	storing_commit(&txn);
}

/* The run ends without a word, and the next one begins. */
static void crash(struct storing *storing, time_t restart)
{
	storing_reopen(storing);
	note(storing, fetches_begin, restart);
}

static time_t last_served(struct storing *storing, const char *id)
{
	struct storing_row rows[STORING_ROWS];
	size_t count = storing_history(storing, A, rows);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].id, id) == 0)
			return rows[i].last_served_at;
	}
	fail_msg("no revision %s", id);
	return 0;
}

static void fetches_add_up(void **state)
{
	int64_t number = storing_publish(*state, A, "1", 1000);
	struct storing_row row;

	add(*state, number, 2, 1100, 1200);
	add(*state, number, 3, 1300, 1400);
	row = storing_published(*state, A);

	assert_int_equal(row.fetches, 5);
	assert_int_equal(row.first_served_at, 1100);
	assert_int_equal(row.last_served_at, 1400);
}

static void a_clock_that_goes_back_takes_no_fetch_away(void **state)
{
	int64_t number = storing_publish(*state, A, "1", 1000);

	add(*state, number, 1, 1400, 1400);
	add(*state, number, 1, 900, 900);

	assert_int_equal(last_served(*state, "1"), 1400);
}

static void the_first_start_of_all_lost_nothing(void **state)
{
	(void)storing_publish(*state, A, "1", 1000);
	note(*state, fetches_begin, 1500);

	assert_int_equal(last_served(*state, "1"), 0);
}

static void a_run_that_ended_well_lost_nothing(void **state)
{
	note(*state, fetches_begin, 900);
	(void)storing_publish(*state, A, "1", 1000);
	note(*state, fetches_end, 1500);
	crash(*state, 9000);

	assert_int_equal(last_served(*state, "1"), 0);
}

static void after_a_crash_what_was_published_may_have_been_served_until_the_restart(void **state)
{
	note(*state, fetches_begin, 900);
	add(*state, storing_publish(*state, A, "1", 1000), 1, 1100, 1100);
	crash(*state, 9000);

	assert_int_equal(last_served(*state, "1"), 9000);
	assert_int_equal(storing_published(*state, A).fetches, 1);
}

static void what_was_replaced_before_the_last_count_was_counted_in_full(void **state)
{
	note(*state, fetches_begin, 900);
	(void)storing_publish(*state, A, "1", 1000);
	(void)storing_publish(*state, A, "2", 2000);
	note(*state, fetches_counted, 2001);
	crash(*state, 9000);

	assert_int_equal(last_served(*state, "1"), 0);
	assert_int_equal(last_served(*state, "2"), 9000);
}

static void what_was_replaced_after_the_last_count_may_have_been_served(void **state)
{
	note(*state, fetches_begin, 900);
	(void)storing_publish(*state, A, "1", 1000);
	note(*state, fetches_counted, 1999);
	(void)storing_publish(*state, A, "2", 2000);
	crash(*state, 9000);

	assert_int_equal(last_served(*state, "1"), 9000);
}

static void what_is_published_after_the_restart_was_not_there_before(void **state)
{
	note(*state, fetches_begin, 900);
	(void)storing_publish(*state, A, "1", 1000);
	crash(*state, 9000);
	(void)storing_publish(*state, A, "2", 9001);

	assert_int_equal(last_served(*state, "2"), 0);
}

static void the_last_of_several_crashes_counts(void **state)
{
	note(*state, fetches_begin, 900);
	(void)storing_publish(*state, A, "1", 1000);
	crash(*state, 9000);
	(void)storing_publish(*state, A, "2", 9001);
	crash(*state, 9500);
	crash(*state, 9600);

	assert_int_equal(last_served(*state, "1"), 9500);
	assert_int_equal(last_served(*state, "2"), 9600);
}

static void a_fetch_after_the_restart_counts_more_than_the_crash(void **state)
{
	int64_t number;

	note(*state, fetches_begin, 900);
	number = storing_publish(*state, A, "1", 1000);
	crash(*state, 9000);
	add(*state, number, 1, 9100, 9100);

	assert_int_equal(last_served(*state, "1"), 9100);
}

static void a_crash_with_a_clock_set_back_counts_up_to_the_later_time(void **state)
{
	note(*state, fetches_begin, 900);
	(void)storing_publish(*state, A, "1", 1000);
	note(*state, fetches_counted, 2000);
	crash(*state, 1500);

	assert_int_equal(last_served(*state, "1"), 2000);
}

static void what_was_replaced_under_a_clock_set_back_counts_as_well(void **state)
{
	note(*state, fetches_begin, 900);
	(void)storing_publish(*state, A, "1", 1000);
	note(*state, fetches_counted, 2000);
	(void)storing_publish(*state, A, "2", 505);
	crash(*state, 510);

	assert_int_equal(last_served(*state, "1"), 2000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, storing_setup, storing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fetches_add_up),
		TEST(a_clock_that_goes_back_takes_no_fetch_away),
		TEST(the_first_start_of_all_lost_nothing),
		TEST(a_run_that_ended_well_lost_nothing),
		TEST(after_a_crash_what_was_published_may_have_been_served_until_the_restart),
		TEST(what_was_replaced_before_the_last_count_was_counted_in_full),
		TEST(what_was_replaced_after_the_last_count_may_have_been_served),
		TEST(what_is_published_after_the_restart_was_not_there_before),
		TEST(the_last_of_several_crashes_counts),
		TEST(a_fetch_after_the_restart_counts_more_than_the_crash),
		TEST(a_crash_with_a_clock_set_back_counts_up_to_the_later_time),
		TEST(what_was_replaced_under_a_clock_set_back_counts_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
