/* SPDX-License-Identifier: ISC */
#include "storing.h"

#include "store/index_guard_private.h"
#include "store/store_private.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* cmocka takes the signal for itself before each test. */
static void take_the_signal_back(void)
{
	assert_true(index_guard_begin());
}

static void cut_short(struct storing *storing)
{
	if (truncate(scratch_path(storing->scratch, "mta-stsd.db-shm"), 0) != 0)
		_exit(2);
}

static void a_loss_is_an_error_until_all_is_opened_again(void **state)
{
	struct storing *storing = *state;
	struct sql_connection *sql = store_connection(storing->store);

	take_the_signal_back();
	storing_publish(storing, "a.test", "1", 1);
	assert_false(index_guard_has_lost());
	cut_short(storing);
	assert_int_equal(sql_next(sql, sql_take(sql, SQL_GENERATION)), ERR_STORE);
	assert_true(index_guard_has_lost());
	assert_int_equal(sql_next(sql, sql_take(sql, SQL_GENERATION)), ERR_STORE);
	store_look(storing->store);
	assert_true(store_is_doubtful(storing->store));
	assert_int_equal(store_reopen(storing->store), ERR_OK);
	assert_false(index_guard_has_lost());
	storing_publish(storing, "a.test", "2", 2);
	assert_string_equal(storing_published(storing, "a.test").id, "2");
}

static void what_was_read_without_it_is_not_committed(void **state)
{
	struct storing *storing = *state;
	struct sql_connection *sql;
	struct store_txn *txn;

	storing_publish(storing, "a.test", "0", 1);
	storing_reopen(storing); /* "0" is in the database, and "1" in the log */
	take_the_signal_back();
	storing_publish(storing, "a.test", "1", 1);
	txn = storing_begin(storing);
	cut_short(storing);
	sql = store_connection(storing->store);
	(void)sqlite3_db_release_memory(sql->db); /* so that it looks for pages in the log */
	assert_int_equal(sql_next(sql, sql_take(sql, SQL_REVISION_EACH)), ERR_STORE);
	assert_int_equal(truncate(scratch_path(storing->scratch, "mta-stsd.db-shm"), 32768), 0);
	assert_int_equal(store_commit(&txn), ERR_STORE);
	assert_int_equal(store_reopen(storing->store), ERR_OK);
	assert_string_equal(storing_published(storing, "a.test").id, "1");
}

/* As a daemon with the same state would end. */
static int signal_of(struct storing *storing, void (*call)(struct storing *storing))
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		if (store_open(storing->scratch->folder, &storing->store) == ERR_OK)
			call(storing);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void commit_without_index(struct storing *storing)
{
	struct sql_connection *sql = store_connection(storing->store);

	if (sql_run(sql, SQL_BEGIN) != ERR_OK || sql_run(sql, SQL_COUNT_UP) != ERR_OK)
		return;
	cut_short(storing);
	(void)sql_run(sql, SQL_COMMIT);
}

static void checkpoint_without_index(struct storing *storing)
{
	cut_short(storing);
	(void)sql_expect(store_connection(storing->store), "PRAGMA wal_checkpoint(TRUNCATE)", "0");
}

static void write_alone_without_index(struct storing *storing)
{
	cut_short(storing);
	(void)sql_run(store_connection(storing->store), SQL_COUNT_UP);
}

static void what_may_write_the_log_back_rather_ends(void **state)
{
	struct storing *storing = *state;

	storing_publish(storing, "a.test", "1", 1);
	store_close(&storing->store);
	assert_int_equal(signal_of(storing, commit_without_index), SIGBUS);
	assert_int_equal(signal_of(storing, checkpoint_without_index), SIGBUS);
	assert_int_equal(signal_of(storing, write_alone_without_index), SIGBUS);
	assert_int_equal(store_open(storing->scratch->folder, &storing->store), ERR_OK);
	assert_string_equal(storing_published(storing, "a.test").id, "1");
}

static void touch_what_is_not_of_the_index(struct storing *storing)
{
	(void)storing;
	index_guard_survive(true);
	(void)raise(SIGBUS);
	(void)raise(SIGBUS);
}

static void another_bus_error_ends_the_process(void **state)
{
	struct storing *storing = *state;

	store_close(&storing->store);
	assert_int_equal(signal_of(storing, touch_what_is_not_of_the_index), SIGBUS);
	assert_int_equal(store_open(storing->scratch->folder, &storing->store), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_loss_is_an_error_until_all_is_opened_again, storing_setup,
						storing_teardown),
		cmocka_unit_test_setup_teardown(what_was_read_without_it_is_not_committed, storing_setup,
						storing_teardown),
		cmocka_unit_test_setup_teardown(what_may_write_the_log_back_rather_ends, storing_setup,
						storing_teardown),
		cmocka_unit_test_setup_teardown(another_bus_error_ends_the_process, storing_setup,
						storing_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
