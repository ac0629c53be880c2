/* SPDX-License-Identifier: ISC */
/* wrap: sqlite3_open_v2 sqlite3_step sqlite3_wal_checkpoint_v2 */
#include "store/reading.h"

#include "base/progress.h"
#include "store/revisions.h"
#include "store/store_private.h"
#include "store/write_back.h"
#include "storing.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

__typeof__(sqlite3_open_v2) __real_sqlite3_open_v2;
__typeof__(sqlite3_open_v2) __wrap_sqlite3_open_v2;

static bool closed_to_others;

/* Whether a commit that is done waits, a while, until somebody has had his turn; whether one does; and how
 * many turns there were then. */
static bool commit_waits;
static atomic_bool committed;
static atomic_uint turns;

int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs)
{
	if (!closed_to_others || (flags & SQLITE_OPEN_READWRITE) != 0)
		return __real_sqlite3_open_v2(path, db, flags, vfs);
	*db = NULL;
	return SQLITE_CANTOPEN;
}

__typeof__(sqlite3_step) __real_sqlite3_step;
__typeof__(sqlite3_step) __wrap_sqlite3_step;

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
	int result = __real_sqlite3_step(statement);

	if (!commit_waits || strcmp(sqlite3_sql(statement), "COMMIT") != 0)
		return result;
	atomic_store(&committed, true);
	for (int ms = 0; ms < 5000 && atomic_load(&turns) == 0; ms++)
		(void)usleep(1000);
	atomic_store(&committed, false);
	return result;
}

/* Where another program writes while the log is written back, or NULL. */
static struct scratch *meddled;

__typeof__(sqlite3_wal_checkpoint_v2) __real_sqlite3_wal_checkpoint_v2;
__typeof__(sqlite3_wal_checkpoint_v2) __wrap_sqlite3_wal_checkpoint_v2;

int __wrap_sqlite3_wal_checkpoint_v2(sqlite3 *db, const char *name, int mode, int *frames, int *written)
{
	int result = __real_sqlite3_wal_checkpoint_v2(db, name, mode, frames, written);

	if (meddled != NULL)
		assert_int_equal(
			storing_number(meddled, "UPDATE store SET generation = generation + 1 RETURNING 1"),
			1);
	meddled = NULL;
	return result;
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

static void put_many(struct store_txn *txn, const char *id)
{
	char name[32];

	for (int i = 0; i < 6000; i++) {
		(void)snprintf(name, sizeof(name), "d%05d.example", i);
		put(txn, name, id);
	}
}

/* What a question sees in the middle of the commit: the rows on disk already are the new ones. */
static void look_aside(void *context)
{
	struct storing *storing = context;

	if (!atomic_load(&committed))
		return;
	assert_true(reading_step_aside(storing->store));
	assert_ids(storing, "1 ");
	reading_step_back(storing->store);
	(void)atomic_fetch_add(&turns, 1);
}

static void a_long_commit_gives_turns_that_see_nothing_of_it_until_it_is_let_go(void **state)
{
	struct storing *storing = *state;
	struct store_txn *txn;

	storing_publish(storing, "a.example", "1", 1000);
	txn = storing_begin(storing);
	put_many(txn, "1");
	progress_turn_to(look_aside, storing);
	reading_hold(storing->store);
	atomic_store(&turns, 0);
	commit_waits = true;
	storing_commit(&txn);
	commit_waits = false;
	progress_turn_to(NULL, NULL);
	assert_true(atomic_load(&turns) > 0);

	assert_true(reading_step_aside(storing->store));
	assert_ids(storing, "1 ");
	reading_step_back(storing->store);
	reading_let_go(storing->store);
	assert_true(reading_step_aside(storing->store));
	assert_int_equal(storing_number(storing->scratch, "SELECT count(*) FROM revision"), 6001);
	reading_step_back(storing->store);
}

static void of_a_small_transaction_nothing_is_held(void **state)
{
	struct storing *storing = *state;
	struct store_txn *txn;

	storing_publish(storing, "a.example", "1", 1000);
	txn = storing_begin(storing);
	put(txn, "a.example", "2");
	reading_hold(storing->store);
	storing_commit(&txn);
	assert_true(reading_step_aside(storing->store));
	assert_ids(storing, "2 ");
	reading_step_back(storing->store);
	reading_let_go(storing->store);
}

/* So much that its log is long. */
static void commit_held(struct storing *storing)
{
	struct store_txn *txn = storing_begin(storing);
	char id[ID_SIZE];

	for (int i = 0; i < 40; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		put_many(txn, id);
	}
	reading_hold(storing->store);
	storing_commit(&txn);
	reading_let_go(storing->store);
}

static void what_a_held_commit_leaves_in_the_log_is_written_back_once(void **state)
{
	struct storing *storing = *state;

	commit_held(storing);
	assert_true(write_back_is_due(storing->store));
	write_back(storing->store);
	assert_false(write_back_is_due(storing->store));
	store_look(storing->store);
	assert_false(store_is_doubtful(storing->store));
	/* The database alone has all of it. */
	assert_int_equal(truncate(scratch_path(storing->scratch, "mta-stsd.db-wal"), 0), 0);
	assert_int_equal(storing_number(storing->scratch, "SELECT count(*) FROM revision"), 240000);
}

static void what_another_program_writes_meanwhile_is_not_taken_for_ours(void **state)
{
	struct storing *storing = *state;

	commit_held(storing);
	meddled = storing->scratch;
	write_back(storing->store);
	assert_null(meddled);
	store_look(storing->store);
	assert_true(store_is_doubtful(storing->store));
}

static void a_store_that_is_opened_again_holds_nothing(void **state)
{
	struct storing *storing = *state;
	struct store_txn *txn = storing_begin(storing);

	put_many(txn, "1");
	reading_hold(storing->store);
	storing_commit(&txn);
	reading_hold(storing->store);
	assert_int_equal(store_reopen(storing->store), ERR_OK);
	assert_false(storing->store->held);
	reading_let_go(storing->store);
	txn = storing_begin(storing);
	put(txn, "b.example", "1");
	storing_commit(&txn);
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
		TEST(a_long_commit_gives_turns_that_see_nothing_of_it_until_it_is_let_go),
		TEST(of_a_small_transaction_nothing_is_held),
		TEST(what_a_held_commit_leaves_in_the_log_is_written_back_once),
		TEST(what_another_program_writes_meanwhile_is_not_taken_for_ours),
		TEST(a_store_that_is_opened_again_holds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
