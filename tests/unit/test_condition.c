/* SPDX-License-Identifier: ISC */
/* wrap: files_misplaced sqlite3_db_readonly sqlite3_step */
#include "storing.h"

#include "base/complaints.h"
#include "store/condition.h"
#include "store/files_private.h"
#include "store/revisions.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define A "a.example"

/* At which look at where the files are they are gone; 0: never. */
static unsigned gone_at;
static unsigned looks;

__typeof__(files_misplaced) __real_files_misplaced;
__typeof__(files_misplaced) __wrap_files_misplaced;

struct files_fault __wrap_files_misplaced(const struct files *files)
{
	if (++looks == gone_at)
		return (struct files_fault){ .path = "mta-stsd.db", .what = "is gone" };
	return __real_files_misplaced(files);
}

/* Whether the database may only be read, as SQLite says. */
static int read_only;

int __real_sqlite3_db_readonly(sqlite3 *db, const char *name);
int __wrap_sqlite3_db_readonly(sqlite3 *db, const char *name);

int __wrap_sqlite3_db_readonly(sqlite3 *db, const char *name)
{
	return read_only != 0 ? read_only : __real_sqlite3_db_readonly(db, name);
}

/* The read of the generation that another program follows at once with an older state; 0: none. */
static unsigned older_after;
static const struct scratch *where;

__typeof__(sqlite3_step) __real_sqlite3_step;
__typeof__(sqlite3_step) __wrap_sqlite3_step;

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
	int result = __real_sqlite3_step(statement);

	if (older_after > 0 && strcmp(sqlite3_sql(statement), "SELECT generation FROM store") == 0 &&
	    --older_after == 0)
		assert_int_equal(storing_number(where, "UPDATE store SET generation = 0 RETURNING 1"), 1);
	return result;
}

static int setup(void **state)
{
	gone_at = 0;
	read_only = 0;
	older_after = 0;
	looks = 0;
	return storing_setup(state);
}

static const char *path(struct storing *storing, const char *name)
{
	return scratch_path(storing->scratch, name);
}

static enum err publish(struct storing *storing, const char *id)
{
	struct store_txn *txn = NULL;
	int64_t number;
	enum err err = store_begin(storing->store, &txn);

	if (err == ERR_OK)
		err = revisions_put(txn, A, id, STORING_TEXT, strlen(STORING_TEXT), 1000, &number);
	if (err == ERR_OK)
		err = store_commit(&txn);
	store_rollback(&txn);
	return err;
}

static void assert_complains(struct storing *storing, const char *what)
{
	struct complaints complaints = { 0 };

	condition_complain(storing->store, &complaints);
	if (what == NULL) {
		assert_int_equal(complaints.count, 0);
	} else {
		assert_int_equal(complaints.count, 1);
		assert_non_null(strstr(complaints.item[0].what, what));
	}
	complaints_free(&complaints);
}

static void a_store_that_nobody_touches_is_ok(void **state)
{
	struct storing *storing = *state;

	assert_int_equal(publish(storing, "1"), ERR_OK);
	store_look(storing->store);
	assert_int_equal(condition_of(storing->store), CONDITION_OK);
	assert_string_equal(condition_text(CONDITION_OK), "ok");
	assert_complains(storing, NULL);
}

static void a_rolled_back_transaction_is_nobody_elses_writing(void **state)
{
	struct storing *storing = *state;
	struct store_txn *txn = storing_begin(storing);
	char id[ID_SIZE];
	int64_t number;

	/* So much that it goes into the log before its commit. */
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		assert_int_equal(revisions_put(txn, A, id, STORING_TEXT, strlen(STORING_TEXT), 1000, &number),
				 ERR_OK);
	}
	store_rollback(&txn);
	assert_int_equal(publish(storing, "1"), ERR_OK);
	assert_int_equal(condition_of(storing->store), CONDITION_OK);
}

static void an_older_state_that_comes_while_the_files_are_opened_is_not_taken(void **state)
{
	struct storing *storing = *state;

	where = storing->scratch;
	assert_int_equal(publish(storing, "1"), ERR_OK);
	older_after = 1;
	assert_int_equal(store_reopen(storing->store), ERR_STORE);
	assert_int_equal(older_after, 0);
	assert_int_equal(condition_of(storing->store), CONDITION_DOUBTFUL);
}

static void an_older_state_that_comes_once_they_were_judged_is_noticed(void **state)
{
	struct storing *storing = *state;

	where = storing->scratch;
	assert_int_equal(publish(storing, "1"), ERR_OK);
	older_after = 2;
	assert_int_equal(store_reopen(storing->store), ERR_OK);
	assert_int_equal(older_after, 0);
	store_look(storing->store);
	assert_int_equal(condition_of(storing->store), CONDITION_DOUBTFUL);
	assert_int_equal(store_reopen(storing->store), ERR_STORE);
}

static void what_is_gone_before_the_commit_is_not_written(void **state)
{
	struct storing *storing = *state;
	bool used = true;

	gone_at = 1;
	assert_int_equal(publish(storing, "1"), ERR_STORE);
	assert_int_equal(condition_of(storing->store), CONDITION_DOUBTFUL);
	assert_complains(storing, "is gone");
	assert_int_equal(publish(storing, "2"), ERR_STORE);

	assert_int_equal(store_reopen(storing->store), ERR_OK);
	assert_int_equal(revisions_is_used(storing->store, A, "1", &used), ERR_OK);
	assert_false(used);
}

static void what_is_gone_after_the_commit_is_not_acknowledged(void **state)
{
	struct storing *storing = *state;
	bool used = false;

	gone_at = 2;
	assert_int_equal(publish(storing, "1"), ERR_UNKNOWN);
	assert_int_equal(condition_of(storing->store), CONDITION_DOUBTFUL);

	/* It was there all the time, and so was what was committed. */
	assert_int_equal(store_reopen(storing->store), ERR_OK);
	assert_int_equal(condition_of(storing->store), CONDITION_OK);
	assert_int_equal(revisions_is_used(storing->store, A, "1", &used), ERR_OK);
	assert_true(used);
}

static void an_older_database_is_not_taken_in_the_place_of_a_newer_one(void **state)
{
	struct storing *storing = *state;
	char command[512];

	assert_int_equal(publish(storing, "1"), ERR_OK);
	storing_reopen(storing);
	(void)snprintf(command, sizeof(command), "cp '%s' '%s'", path(storing, "mta-stsd.db"),
		       path(storing, "old"));
	assert_int_equal(system(command), 0);
	assert_int_equal(publish(storing, "2"), ERR_OK);
	storing_reopen(storing);
	assert_int_equal(rename(path(storing, "old"), path(storing, "mta-stsd.db")), 0);

	assert_int_equal(publish(storing, "3"), ERR_STORE);
	assert_complains(storing, "was replaced by another file");
	assert_int_equal(store_reopen(storing->store), ERR_STORE);
	assert_int_equal(store_reopen(storing->store), ERR_STORE);
	assert_int_equal(condition_of(storing->store), CONDITION_DOUBTFUL);
}

static void a_lock_that_was_removed_is_made_anew(void **state)
{
	struct storing *storing = *state;
	struct store *second = NULL;

	assert_int_equal(unlink(path(storing, "lock")), 0);
	assert_int_equal(store_open(storing->scratch->folder, &second), ERR_EXISTS);
	assert_int_equal(unlink(path(storing, "lock")), 0);
	assert_int_equal(publish(storing, "1"), ERR_OK);
	assert_true(store_keep_reserve(storing->store));
	assert_int_equal(access(path(storing, "lock"), F_OK), 0);
}

static void a_state_that_is_older_than_the_last_run_complains(void **state)
{
	struct storing *storing = *state;
	FILE *lock;

	assert_int_equal(publish(storing, "1"), ERR_OK);
	store_close(&storing->store);
	lock = fopen(path(storing, "lock"), "w");
	assert_non_null(lock);
	(void)fputs("generation 77\n", lock);
	(void)fclose(lock);
	assert_int_equal(store_open(storing->scratch->folder, &storing->store), ERR_OK);
	assert_complains(storing, "older than when it was last in use");
	assert_int_equal(condition_of(storing->store), CONDITION_OK);
}

static void a_damaged_database_is_read_and_not_written(void **state)
{
	struct storing *storing = *state;

	assert_int_equal(publish(storing, "1"), ERR_OK);
	store_close(&storing->store);
	storing_sql(storing->scratch, "PRAGMA foreign_keys = OFF; DELETE FROM domain");
	assert_int_equal(store_open(storing->scratch->folder, &storing->store), ERR_OK);
	assert_int_equal(condition_of(storing->store), CONDITION_DAMAGED);
	assert_complains(storing, "state is damaged");
	assert_int_equal(publish(storing, "2"), ERR_STORE);
	assert_false(store_keep_reserve(storing->store));
}

static void a_row_that_is_missing_is_damage(void **state)
{
	struct storing *storing = *state;

	assert_int_equal(publish(storing, "1"), ERR_OK);
	assert_int_equal(publish(storing, "2"), ERR_OK);
	store_close(&storing->store);
	storing_sql(storing->scratch, "DELETE FROM revision WHERE id = '1'");
	assert_int_equal(store_open(storing->scratch->folder, &storing->store), ERR_OK);
	assert_int_equal(condition_of(storing->store), CONDITION_DAMAGED);
}

static void what_may_only_be_read_is_read_and_not_written(void **state)
{
	struct storing *storing = *state;
	bool used = false;

	assert_int_equal(publish(storing, "1"), ERR_OK);
	read_only = 1;
	storing_reopen(storing);
	assert_int_equal(condition_of(storing->store), CONDITION_READ_ONLY);
	assert_string_equal(condition_text(CONDITION_READ_ONLY), "read-only");
	assert_complains(storing, "state cannot be written");
	assert_int_equal(publish(storing, "2"), ERR_STORE);
	assert_false(store_keep_reserve(storing->store));
	assert_int_equal(revisions_is_used(storing->store, A, "1", &used), ERR_OK);
	assert_true(used);

	read_only = 0;
	storing_reopen(storing);
	assert_complains(storing, NULL);
	assert_int_equal(publish(storing, "2"), ERR_OK);
}

/* One that has all that was committed here, but is not sound. */
static void a_damaged_database_is_not_taken_in_the_place_of_a_sound_one(void **state)
{
	struct storing *storing = *state;
	bool used = false;

	assert_int_equal(publish(storing, "1"), ERR_OK);
	assert_int_equal(publish(storing, "2"), ERR_OK);
	storing_sql(storing->scratch, "DELETE FROM revision WHERE id = '1'");
	assert_int_equal(publish(storing, "3"), ERR_STORE);
	assert_complains(storing, "was written to by another program");
	assert_int_equal(store_reopen(storing->store), ERR_STORE);
	assert_int_equal(condition_of(storing->store), CONDITION_DOUBTFUL);

	storing_sql(storing->scratch,
		    "INSERT INTO revision (number, domain, id, text, published_at, superseded_at)"
		    " VALUES (1, 1, '1', '', 1000, 1000)");
	assert_int_equal(store_reopen(storing->store), ERR_OK);
	assert_int_equal(revisions_is_used(storing->store, A, "1", &used), ERR_OK);
	assert_true(used);
	assert_int_equal(publish(storing, "3"), ERR_OK);
}

static void a_condition_that_is_none_has_a_word_too(void **state)
{
	(void)state;
	assert_string_equal(condition_text(CONDITION_DOUBTFUL), "doubtful");
	assert_string_equal(condition_text(CONDITION_DAMAGED), "damaged");
	assert_string_equal(condition_text(CONDITIONS), "unknown");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, storing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_store_that_nobody_touches_is_ok),
		TEST(a_rolled_back_transaction_is_nobody_elses_writing),
		TEST(an_older_state_that_comes_while_the_files_are_opened_is_not_taken),
		TEST(an_older_state_that_comes_once_they_were_judged_is_noticed),
		TEST(what_is_gone_before_the_commit_is_not_written),
		TEST(what_is_gone_after_the_commit_is_not_acknowledged),
		TEST(an_older_database_is_not_taken_in_the_place_of_a_newer_one),
		TEST(a_lock_that_was_removed_is_made_anew),
		TEST(a_state_that_is_older_than_the_last_run_complains),
		TEST(a_damaged_database_is_read_and_not_written),
		TEST(a_row_that_is_missing_is_damage),
		TEST(what_may_only_be_read_is_read_and_not_written),
		TEST(a_damaged_database_is_not_taken_in_the_place_of_a_sound_one),
		TEST(a_condition_that_is_none_has_a_word_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
