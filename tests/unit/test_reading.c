/* SPDX-License-Identifier: ISC */
/* wrap: sqlite3_open_v2 */
#include "store/reading.h"

#include "store/revisions.h"
#include "storing.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

__typeof__(sqlite3_open_v2) __real_sqlite3_open_v2;
__typeof__(sqlite3_open_v2) __wrap_sqlite3_open_v2;

static bool closed_to_others;

int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs)
{
	if (!closed_to_others || (flags & SQLITE_OPEN_READWRITE) != 0)
		return __real_sqlite3_open_v2(path, db, flags, vfs);
	*db = NULL;
	return SQLITE_CANTOPEN;
}

static void put(struct store_txn *txn, const char *domain, const char *id)
{
	int64_t number;

	assert_int_equal(revisions_put(txn, domain, id, STORING_TEXT, strlen(STORING_TEXT), 2000, &number),
			 ERR_OK);
}

static enum err note_id(void *context, const struct revision_row *row)
{
	char *ids = context;

	(void)snprintf(ids + strlen(ids), STORING_ROWS * ID_SIZE - strlen(ids), "%s ", row->id);
	return ERR_OK;
}

static void assert_ids(struct storing *storing, const char *expected)
{
	char ids[STORING_ROWS * ID_SIZE] = "";

	assert_int_equal(revisions_each(storing->store, note_id, ids), ERR_OK);
	assert_string_equal(ids, expected);
}

static void who_steps_aside_sees_nothing_of_a_transaction_before_its_commit(void **state)
{
	struct storing *storing = *state;
	struct store_txn *txn;

	storing_publish(storing, "a.example", "1", 1000);
	txn = storing_begin(storing);
	put(txn, "a.example", "2");
	for (int i = 0; i < 2; i++) {
		assert_ids(storing, "2 ");
		assert_true(reading_step_aside(storing->store));
		assert_true(reading_is_aside(storing->store));
		assert_ids(storing, "1 ");
		reading_step_back(storing->store);
		assert_false(reading_is_aside(storing->store));
	}
	put(txn, "b.example", "3");
	storing_commit(&txn);
	assert_true(reading_step_aside(storing->store));
	assert_ids(storing, "2 3 ");
	reading_step_back(storing->store);
	assert_ids(storing, "2 3 ");
	storing_reopen(storing);
	assert_ids(storing, "2 3 ");
}

static void what_is_read_together_goes_on_behind_it(void **state)
{
	struct storing *storing = *state;

	storing_publish(storing, "a.example", "1", 1000);
	reading_begin(storing->store);
	assert_true(reading_step_aside(storing->store));
	reading_begin(storing->store);
	assert_ids(storing, "1 ");
	reading_step_back(storing->store);
	reading_end(storing->store);
	storing_publish(storing, "a.example", "2", 2000);
	assert_true(reading_step_aside(storing->store));
	assert_ids(storing, "2 ");
	reading_step_back(storing->store);
}

/* A question that was not read to its end would keep the log from being written back for ever. */
static void nothing_is_left_open_aside(void **state)
{
	struct storing *storing = *state;
	int64_t busy;
	bool used = false;

	storing_publish(storing, "a.example", "1", 1000);
	assert_true(reading_step_aside(storing->store));
	reading_begin(storing->store);
	assert_int_equal(revisions_is_used(storing->store, "a.example", "1", &used), ERR_OK);
	assert_true(used);
	reading_step_back(storing->store);
	storing_publish(storing, "a.example", "2", 2000);
	busy = storing_number(storing->scratch, "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(busy, 0);
}

/* A large transaction stands in the log before its commit, as if somebody else had written there. */
static void a_transaction_under_way_is_no_harm(void **state)
{
	struct storing *storing = *state;
	struct store_txn *txn = storing_begin(storing);
	char name[32];

	for (int i = 0; i < 20000; i++) {
		(void)snprintf(name, sizeof(name), "d%05d.example", i);
		put(txn, name, "1");
	}
	assert_true(reading_step_aside(storing->store));
	store_look(storing->store);
	assert_ids(storing, "");
	reading_step_back(storing->store);
	assert_false(store_is_doubtful(storing->store));
	storing_commit(&txn);
}

static void where_it_cannot_be_read_beside_all_is_as_before(void **state)
{
	struct storing *storing = *state;
	struct store_txn *txn = storing_begin(storing);

	closed_to_others = true;
	assert_false(reading_step_aside(storing->store));
	closed_to_others = false;
	assert_false(reading_is_aside(storing->store));
	put(txn, "a.example", "1");
	storing_commit(&txn);
	assert_ids(storing, "1 ");
	assert_true(reading_step_aside(storing->store));
	reading_step_back(storing->store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, storing_setup, storing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_steps_aside_sees_nothing_of_a_transaction_before_its_commit),
		TEST(what_is_read_together_goes_on_behind_it),
		TEST(nothing_is_left_open_aside),
		TEST(a_transaction_under_way_is_no_harm),
		TEST(where_it_cannot_be_read_beside_all_is_as_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
