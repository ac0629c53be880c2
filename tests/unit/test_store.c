/* SPDX-License-Identifier: ISC */
/* wrap: index_guard_begin sqlite3_extended_errcode sqlite3_open_v2 sqlite3_step; memory */
#include "memory.h"
#include "scratch.h"

#include "base/text.h"
#include "store/index_guard_private.h"
#include "store/observations.h"
#include "store/revisions.h"
#include "store/store.h"
#include "store/switches.h"

#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TEXT "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"

static struct store *open_store(const struct scratch *scratch)
{
	struct store *store = NULL;

	assert_int_equal(store_open(scratch->folder, &store), ERR_OK);
	return store;
}

static struct store_txn *begin(struct store *store)
{
	struct store_txn *txn = NULL;

	assert_int_equal(store_begin(store, &txn), ERR_OK);
	return txn;
}

static enum err put_in(struct store_txn *txn, const char *domain, const char *id)
{
	int64_t number;

	return revisions_put(txn, domain, id, TEXT, strlen(TEXT), 1000, &number);
}

static void put(struct store *store, const char *domain, const char *id)
{
	struct store_txn *txn = begin(store);

	assert_int_equal(put_in(txn, domain, id), ERR_OK);
	assert_int_equal(store_commit(&txn), ERR_OK);
	assert_null(txn);
}

/* The published ids as "domain=id domain=id ". */
static enum err list_one(void *context, const struct revision_row *row)
{
	struct text *list = context;

	assert_int_equal(row->len, strlen(TEXT));
	assert_memory_equal(row->text, TEXT, strlen(TEXT));
	return text_appendf(list, "%s=%s ", row->domain, row->id);
}

static void assert_published(struct store *store, const char *expected)
{
	struct text list = { 0 };

	assert_int_equal(text_append(&list, "", 0), ERR_OK);
	assert_int_equal(revisions_each(store, list_one, &list), ERR_OK);
	assert_string_equal(list.bytes, expected);
	text_free(&list);
}

static void what_is_committed_is_there_after_reopening(void **state)
{
	struct store *store = open_store(*state);

	put(store, "b.example", "1");
	put(store, "a.example", "1");
	store_close(&store);
	assert_null(store);

	store = open_store(*state);
	assert_published(store, "a.example=1 b.example=1 ");
	store_close(&store);
}

static void what_is_rolled_back_is_gone(void **state)
{
	struct store *store = open_store(*state);
	struct store_txn *txn = begin(store);

	assert_int_equal(put_in(txn, "a.example", "1"), ERR_OK);
	store_rollback(&txn);
	assert_null(txn);

	assert_published(store, "");
	put(store, "a.example", "1");
	assert_published(store, "a.example=1 ");
	store_close(&store);
}

static void the_last_revision_of_a_domain_is_the_published_one(void **state)
{
	struct store *store = open_store(*state);
	bool used = false;

	put(store, "a.example", "1");
	put(store, "a.example", "2");

	assert_published(store, "a.example=2 ");
	assert_int_equal(revisions_is_used(store, "a.example", "1", &used), ERR_OK);
	assert_true(used);
	assert_int_equal(revisions_is_used(store, "a.example", "3", &used), ERR_OK);
	assert_false(used);
	assert_int_equal(revisions_is_used(store, "b.example", "1", &used), ERR_OK);
	assert_false(used);
	store_close(&store);
}

static void an_id_cannot_be_stored_twice_for_a_domain(void **state)
{
	struct store *store = open_store(*state);
	struct store_txn *txn;

	put(store, "a.example", "1");
	put(store, "a.example", "2");
	txn = begin(store);
	assert_int_equal(put_in(txn, "a.example", "1"), ERR_STORE);
	store_rollback(&txn);

	assert_published(store, "a.example=2 ");
	put(store, "b.example", "1");
	assert_published(store, "a.example=2 b.example=1 ");
	store_close(&store);
}

static off_t log_size(const struct scratch *scratch)
{
	struct stat status;

	assert_int_equal(stat(scratch_path(scratch, "mta-stsd.db-wal"), &status), 0);
	return status.st_size;
}

static void a_log_that_an_order_made_long_is_short_again(void **state)
{
	struct store *store = open_store(*state);
	struct store_txn *txn = begin(store);
	char name[32];

	for (int i = 0; i < 60000; i++) {
		(void)snprintf(name, sizeof(name), "d%05d.example", i);
		assert_int_equal(put_in(txn, name, "1"), ERR_OK);
	}
	assert_int_equal(store_commit(&txn), ERR_OK);
	assert_true(log_size(*state) > 4 << 20);
	put(store, "a.example", "1");
	put(store, "a.example", "2");
	assert_true(log_size(*state) <= 4 << 20);
	assert_false(store_is_doubtful(store));
	store_close(&store);
}

static void a_second_daemon_is_kept_out(void **state)
{
	const struct scratch *scratch = *state;
	struct store *store = open_store(scratch);
	struct store *second = NULL;

	assert_int_equal(store_open(scratch->folder, &second), ERR_EXISTS);
	assert_null(second);
	store_close(&store);

	store = open_store(scratch);
	store_close(&store);
}

static void a_missing_directory_is_an_error(void **state)
{
	struct store *store = NULL;

	assert_int_equal(store_open(scratch_path(*state, "missing"), &store), ERR_STORE);
	assert_null(store);
}

static void run_sql(const struct scratch *scratch, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(scratch_path(scratch, "mta-stsd.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void the_database_of_a_newer_version_is_left_alone(void **state)
{
	struct store *store = open_store(*state);

	store_close(&store);
	run_sql(*state, "PRAGMA user_version = 999");

	assert_int_equal(store_open(((struct scratch *)*state)->folder, &store), ERR_REFUSED);
}

static void the_database_of_another_program_is_left_alone(void **state)
{
	struct store *store = NULL;

	run_sql(*state, "CREATE TABLE theirs (x)");
	assert_int_equal(store_open(((struct scratch *)*state)->folder, &store), ERR_REFUSED);

	run_sql(*state, "PRAGMA application_id = 7");
	assert_int_equal(store_open(((struct scratch *)*state)->folder, &store), ERR_REFUSED);
}

static void what_is_no_database_is_an_error(void **state)
{
	struct store *store = NULL;

	(void)scratch_write(*state, "mta-stsd.db",
			    "this has never been a database, and it is long enough to be read");

	assert_int_equal(store_open(((struct scratch *)*state)->folder, &store), ERR_STORE);
}

static enum err copy_switch(void *context, const char *domain, const struct switching *switching)
{
	assert_string_equal(domain, "a.example");
	*(struct switching *)context = *switching;
	return ERR_OK;
}

static void a_switch_stays_until_it_is_removed(void **state)
{
	struct store *store = open_store(*state);
	struct switching switching = { .active = true,
				       .mode = MODE_NONE,
				       .max_age = 86400,
				       .keep_mx = true,
				       .since = 1234,
				       .who = "root (uid 0)" };
	struct switching found = { 0 };
	struct store_txn *txn;

	put(store, "a.example", "1");
	txn = begin(store);
	assert_int_equal(switches_put(txn, "a.example", &switching), ERR_OK);
	assert_int_equal(store_commit(&txn), ERR_OK);
	store_close(&store);

	store = open_store(*state);
	assert_int_equal(switches_each(store, copy_switch, &found), ERR_OK);
	assert_true(found.active && found.keep_mx);
	assert_int_equal(found.mode, MODE_NONE);
	assert_int_equal(found.max_age, 86400);
	assert_int_equal(found.since, 1234);
	assert_string_equal(found.who, "root (uid 0)");

	switching.active = false;
	found = (struct switching){ 0 };
	txn = begin(store);
	assert_int_equal(switches_put(txn, "a.example", &switching), ERR_OK);
	assert_int_equal(store_commit(&txn), ERR_OK);
	assert_int_equal(switches_each(store, copy_switch, &found), ERR_OK);
	assert_false(found.active);
	store_close(&store);
}

/* Write in a process that may not make any file longer; what it found is its exit status. */
static int put_without_space(const struct scratch *scratch)
{
	struct rlimit none = { 0, 0 };
	struct store *store = open_store(scratch);
	struct store_txn *txn = begin(store);
	enum err err = put_in(txn, "a.example", "2");

	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &none) != 0 || err != ERR_OK)
		return 99;
	err = store_commit(&txn);
	return txn == NULL ? (int)err : 98;
}

static void a_commit_that_cannot_be_written_changes_nothing(void **state)
{
	struct store *store = open_store(*state);
	int status = 0;
	pid_t child;

	put(store, "a.example", "1");
	store_close(&store);
	child = fork();
	if (child == 0)
		_exit(put_without_space(*state));
	assert_int_equal(waitpid(child, &status, 0), child);

	/*
	 * Neither can the files be opened for writing again, so the child may not know; but it must not say
	 * "done".
	 */
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == ERR_STORE || WEXITSTATUS(status) == ERR_UNKNOWN);
	store = open_store(*state);
	assert_published(store, "a.example=1 ");
	store_close(&store);
}

static void a_reserve_is_there_and_comes_back(void **state)
{
	struct store *store = open_store(*state);
	const char *reserve = scratch_path(*state, "reserve");

	assert_int_equal(access(reserve, F_OK), 0);
	assert_false(store_made_room(store));
	assert_int_equal(unlink(reserve), 0);
	assert_true(store_keep_reserve(store));
	assert_int_equal(access(reserve, F_OK), 0);
	store_close(&store);
}

/* The disk is full, in the eyes of SQLite, as long as this file is there; NULL: it is not. */
static const char *in_the_way;

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);
int __real_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs);
int __real_sqlite3_extended_errcode(sqlite3 *db);
int __wrap_sqlite3_extended_errcode(sqlite3 *db);

/* Whether this SQLite can be guarded. */
static bool unguarded;

__typeof__(index_guard_begin) __real_index_guard_begin;
__typeof__(index_guard_begin) __wrap_index_guard_begin;

bool __wrap_index_guard_begin(void)
{
	return !unguarded && __real_index_guard_begin();
}

/* How often a database was opened. */
static unsigned opened;

static bool is_full(void)
{
	return in_the_way != NULL && access(in_the_way, F_OK) == 0;
}

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
	return is_full() && strcmp(sqlite3_sql(statement), "COMMIT") == 0 ? SQLITE_FULL
									  : __real_sqlite3_step(statement);
}

int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs)
{
	int result = __real_sqlite3_open_v2(path, db, flags, vfs);

	opened++;
	return is_full() ? SQLITE_FULL : result;
}

int __wrap_sqlite3_extended_errcode(sqlite3 *db)
{
	return is_full() ? SQLITE_FULL : __real_sqlite3_extended_errcode(db);
}

static enum err look(struct store *store)
{
	const struct observation observation = { .at = 1, .id = "1", .error = "" };
	struct store_txn *txn = NULL;
	enum err err = store_begin_modest(store, &txn);

	if (err == ERR_OK)
		err = observations_put(txn, "a.example", &observation);
	if (err == ERR_OK)
		err = store_commit(&txn);
	store_rollback(&txn);
	return err;
}

static enum err publish(struct store *store, const char *id)
{
	struct store_txn *txn = begin(store);
	enum err err = put_in(txn, "a.example", id);

	if (err == ERR_OK)
		err = store_commit(&txn);
	store_rollback(&txn);
	return err;
}

static void evidence_leaves_the_reserve_of_a_full_disk_to_orders(void **state)
{
	struct store *store = open_store(*state);
	const char *reserve = scratch_path(*state, "reserve");

	put(store, "a.example", "1");
	in_the_way = reserve;
	opened = 0;
	assert_int_equal(look(store), ERR_STORE);
	assert_int_equal(opened, 0);
	assert_false(store_made_room(store));
	assert_int_equal(access(reserve, F_OK), 0);

	/* An order finds the store open all the same, and has the reserve. */
	assert_false(store_is_doubtful(store));
	assert_int_equal(publish(store, "2"), ERR_STORE);
	assert_int_equal(opened, 1);
	assert_true(store_made_room(store));
	assert_int_not_equal(access(reserve, F_OK), 0);
	assert_int_equal(publish(store, "2"), ERR_OK);

	in_the_way = NULL;
	assert_published(store, "a.example=2 ");
	store_close(&store);
}

static void evidence_is_written_when_there_is_room(void **state)
{
	struct store *store = open_store(*state);

	put(store, "a.example", "1");
	assert_int_equal(look(store), ERR_OK);

	store_close(&store);
}

static void a_start_on_a_full_disk_has_the_reserve(void **state)
{
	struct store *store = open_store(*state);

	put(store, "a.example", "1");
	store_close(&store);
	in_the_way = scratch_path(*state, "reserve");
	store = open_store(*state);
	in_the_way = NULL;
	assert_published(store, "a.example=1 ");
	put(store, "a.example", "2");
	store_close(&store);
}

static void an_order_on_a_full_disk_without_a_reserve_is_not_written(void **state)
{
	struct store *store = open_store(*state);

	put(store, "a.example", "1");
	assert_int_equal(unlink(scratch_path(*state, "reserve")), 0);
	in_the_way = scratch_path(*state, "mta-stsd.db");
	assert_int_equal(publish(store, "2"), ERR_UNKNOWN);
	assert_false(store_made_room(store));
	assert_true(store_is_doubtful(store));

	in_the_way = NULL;
	assert_int_equal(store_reopen(store), ERR_OK);
	assert_published(store, "a.example=1 ");
	assert_int_equal(publish(store, "2"), ERR_OK);
	store_close(&store);
}

static void without_memory_nothing_is_opened(void **state)
{
	struct scratch *scratch = *state;
	bool failed = true;

	for (size_t n = 0; failed; n++) {
		struct store *store = NULL;
		enum err err;

		memory_fail_after(n);
		err = store_open(scratch->folder, &store);
		failed = memory_restore();
		assert_int_equal(err, failed ? ERR_NO_MEMORY : ERR_OK);
		assert_int_equal(store == NULL, failed);
		store_close(&store);
	}
}

static void a_store_that_cannot_be_guarded_is_used_all_the_same(void **state)
{
	struct store *store;

	unguarded = true;
	store = open_store(*state);
	put(store, "a.example", "1");
	store_close(&store);
	unguarded = false;
	store = open_store(*state);
	assert_published(store, "a.example=1 ");
	store_close(&store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_committed_is_there_after_reopening),
		TEST(what_is_rolled_back_is_gone),
		TEST(the_last_revision_of_a_domain_is_the_published_one),
		TEST(an_id_cannot_be_stored_twice_for_a_domain),
		TEST(a_log_that_an_order_made_long_is_short_again),
		TEST(a_second_daemon_is_kept_out),
		TEST(a_missing_directory_is_an_error),
		TEST(the_database_of_a_newer_version_is_left_alone),
		TEST(the_database_of_another_program_is_left_alone),
		TEST(what_is_no_database_is_an_error),
		TEST(a_switch_stays_until_it_is_removed),
		TEST(a_commit_that_cannot_be_written_changes_nothing),
		TEST(a_reserve_is_there_and_comes_back),
		TEST(evidence_leaves_the_reserve_of_a_full_disk_to_orders),
		TEST(evidence_is_written_when_there_is_room),
		TEST(a_start_on_a_full_disk_has_the_reserve),
		TEST(an_order_on_a_full_disk_without_a_reserve_is_not_written),
		TEST(without_memory_nothing_is_opened),
		TEST(a_store_that_cannot_be_guarded_is_used_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
