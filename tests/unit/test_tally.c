/* SPDX-License-Identifier: ISC */
/* wrap: clock_now log_event log_write sqlite3_busy_timeout sqlite3_extended_errcode; commits memory */
#include "commits.h"
#include "hosting.h"
#include "memory.h"

#include "store/fetches.h"

#include "evidence/tally.h"
#include "log/log.h"
#include "log/log_event.h"
#include "store/revisions.h"

#include <pthread.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define DOMAIN  "example.org"
#define FIRST   "20261123160000"
#define SECOND  "20261123160001"
#define THREADS 4
#define FETCHES 5000

/* How often each was logged. */
static unsigned failed, written_again;

/* What SQLite says that something failed of; 0: the truth. */
static int reason;

__typeof__(log_event) __wrap_log_event;
__typeof__(log_write) __wrap_log_write;
__typeof__(sqlite3_busy_timeout) __wrap_sqlite3_busy_timeout;
__typeof__(sqlite3_extended_errcode) __real_sqlite3_extended_errcode;
__typeof__(sqlite3_extended_errcode) __wrap_sqlite3_extended_errcode;

void __wrap_log_event(enum log_event event, const struct log_fields *fields, const char *format, ...)
{
	(void)fields;
	(void)format;
	failed += event == EVENT_STORE_FAILED;
}

void __wrap_log_write(enum log_level level, const char *format, ...)
{
	(void)level;
	written_again += strstr(format, " again") != NULL;
}

/* No order waits here for another writer. */
int __wrap_sqlite3_busy_timeout(sqlite3 *db, int ms)
{
	(void)db;
	(void)ms;
	return SQLITE_OK;
}

int __wrap_sqlite3_extended_errcode(sqlite3 *db)
{
	return reason != 0 ? reason : __real_sqlite3_extended_errcode(db);
}

static int setup(void **state)
{
	failed = written_again = 0;
	reason = 0;
	commits_reset();
	if (hosting_setup(state) != 0 ||
	    hosting_publish(*state, hosting_configured(DOMAIN, MODE_ENFORCE, "mail.example.org", "")) !=
		    ERR_OK)
		return -1;
	commits_reset();
	return 0;
}

/* A fetch as site/ counts it. */
static void fetch(struct hosting *hosting, const char *domain, time_t now)
{
	struct revision *revision = registry_find(hosting->registry, domain);

	tally_note(hosting->tally, revision, now);
	revision_release(&revision);
}

static enum err write_down(struct hosting *hosting)
{
	return tally_write(hosting->tally, hosting->store, hosting_now);
}

struct wanted {
	const char *id;
	int64_t fetches;
	time_t first_at;
	time_t last_at;
};

static enum err read_row(void *context, const struct history_row *row)
{
	struct wanted *wanted = context;

	if (strcmp(row->id, wanted->id) == 0) {
		wanted->fetches = row->fetches;
		wanted->first_at = row->first_served_at;
		wanted->last_at = row->last_served_at;
	}
	return ERR_OK;
}

static struct wanted stored(struct hosting *hosting, const char *id)
{
	struct wanted wanted = { .id = id, .fetches = -1 };

	assert_int_equal(revisions_history(hosting->store, DOMAIN, read_row, &wanted), ERR_OK);
	return wanted;
}

static void fetches_are_written_in_one_batch(void **state)
{
	struct hosting *hosting = *state;

	fetch(hosting, DOMAIN, HOSTING_NOW + 1);
	fetch(hosting, DOMAIN, HOSTING_NOW + 3);
	fetch(hosting, DOMAIN, HOSTING_NOW + 2);
	assert_int_equal(stored(hosting, FIRST).fetches, 0);
	assert_int_equal(write_down(hosting), ERR_OK);

	assert_int_equal(stored(hosting, FIRST).fetches, 3);
	assert_int_equal(stored(hosting, FIRST).first_at, HOSTING_NOW + 1);
	assert_int_equal(stored(hosting, FIRST).last_at, HOSTING_NOW + 3);
	assert_int_equal(commits_count, 1);
}

static void what_is_written_is_written_once(void **state)
{
	struct hosting *hosting = *state;

	fetch(hosting, DOMAIN, HOSTING_NOW);
	assert_int_equal(write_down(hosting), ERR_OK);
	assert_int_equal(write_down(hosting), ERR_OK);
	assert_int_equal(commits_count, 1);
	fetch(hosting, DOMAIN, HOSTING_NOW);
	assert_int_equal(write_down(hosting), ERR_OK);

	assert_int_equal(stored(hosting, FIRST).fetches, 2);
}

static void nothing_is_written_when_there_is_nothing(void **state)
{
	assert_int_equal(write_down(*state), ERR_OK);

	assert_int_equal(commits_count, 0);
}

static void what_cannot_be_written_is_kept_for_the_next_time(void **state)
{
	struct hosting *hosting = *state;

	commits_fault[0] = commits_fault[1] = ERR_STORE;
	fetch(hosting, DOMAIN, HOSTING_NOW + 1);
	assert_int_equal(write_down(hosting), ERR_STORE);
	fetch(hosting, DOMAIN, HOSTING_NOW + 2);
	assert_int_equal(write_down(hosting), ERR_STORE);
	assert_int_equal(stored(hosting, FIRST).fetches, 0);
	fetch(hosting, DOMAIN, HOSTING_NOW + 3);
	assert_int_equal(write_down(hosting), ERR_OK);

	assert_int_equal(stored(hosting, FIRST).fetches, 3);
	assert_int_equal(stored(hosting, FIRST).first_at, HOSTING_NOW + 1);
	assert_int_equal(stored(hosting, FIRST).last_at, HOSTING_NOW + 3);
}

/* More is fetched, and an order may be done, before the tally is written again. */
static void check_unknown(struct hosting *hosting, bool written)
{
	const struct hosting_switch none = hosting_none();

	commits_fault[0] = ERR_UNKNOWN;
	commits_written = written;
	fetch(hosting, DOMAIN, HOSTING_NOW + 1);
	assert_int_equal(write_down(hosting), ERR_UNKNOWN);
	fetch(hosting, DOMAIN, HOSTING_NOW + 2);
	assert_int_equal(write_down(hosting), ERR_STORE);
	assert_int_equal(commits_count, 1);

	assert_int_equal(store_reopen(hosting->store), ERR_OK);
	assert_int_equal(hosting_order(hosting, DOMAIN, &none), ERR_OK);
	assert_int_equal(write_down(hosting), ERR_OK);
	assert_int_equal(stored(hosting, FIRST).fetches, 2);
	assert_int_equal(stored(hosting, FIRST).first_at, HOSTING_NOW + 1);
	assert_int_equal(stored(hosting, FIRST).last_at, HOSTING_NOW + 2);
}

static void what_may_be_written_is_written_once_if_it_was(void **state)
{
	check_unknown(*state, true);
}

static void what_may_be_written_is_written_once_if_it_was_not(void **state)
{
	check_unknown(*state, false);
}

static void what_was_counted_without_success_does_not_say_so(void **state)
{
	struct hosting *hosting = *state;
	struct store_txn *txn = NULL;

	assert_int_equal(store_begin(hosting->store, &txn), ERR_OK);
	assert_int_equal(fetches_counted(txn, 1), ERR_OK);
	assert_int_equal(store_commit(&txn), ERR_OK);
	fetch(hosting, DOMAIN, HOSTING_NOW);
	commits_fault[0] = ERR_STORE;
	assert_int_equal(write_down(hosting), ERR_STORE);
	assert_int_equal(hosting_count(hosting, "SELECT counted_at FROM store"), 1);

	assert_int_equal(write_down(hosting), ERR_OK);
	assert_int_equal(hosting_count(hosting, "SELECT counted_at FROM store"), HOSTING_NOW);
}

/* Another program that writes. */
static sqlite3 *writer(const struct hosting *hosting)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(scratch_path(hosting->scratch, "mta-stsd.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static void keep_often(struct hosting *hosting)
{
	for (int i = 0; i < 100; i++) {
		fetch(hosting, DOMAIN, HOSTING_NOW);
		tally_keep(hosting->tally, hosting->store, HOSTING_NOW);
	}
}

static void why_they_cannot_be_written_is_logged_once_and_when_they_are_again(void **state)
{
	struct hosting *hosting = *state;

	for (unsigned times = 1; times <= 2; times++) {
		sqlite3 *other = writer(hosting);

		keep_often(hosting);
		assert_int_equal(failed, times);
		assert_int_equal(written_again, times - 1);
		assert_int_equal(sqlite3_close(other), SQLITE_OK);
		keep_often(hosting);
		assert_int_equal(failed, times);
		assert_int_equal(written_again, times);
	}
	assert_int_equal(stored(hosting, FIRST).fetches, 400);
}

static void what_keeps_an_order_from_being_written_is_logged_each_time(void **state)
{
	const struct hosting_switch none = hosting_none();
	struct hosting *hosting = *state;
	sqlite3 *other = writer(hosting);

	keep_often(hosting);
	for (unsigned times = 1; times <= 2; times++) {
		assert_int_equal(hosting_order(hosting, DOMAIN, &none), ERR_STORE);
		assert_int_equal(failed, 1 + times);
	}
	keep_often(hosting);
	assert_int_equal(failed, 3);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

static void another_reason_is_logged_too(void **state)
{
	struct hosting *hosting = *state;
	sqlite3 *other = writer(hosting);

	keep_often(hosting);
	reason = SQLITE_IOERR_WRITE;
	keep_often(hosting);
	assert_int_equal(failed, 2);
	assert_int_equal(written_again, 0);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

static void a_revision_that_was_replaced_meanwhile_is_counted_still(void **state)
{
	const struct hosting_switch none = hosting_none();
	struct hosting *hosting = *state;
	struct revision *held = registry_find(hosting->registry, DOMAIN);

	fetch(hosting, DOMAIN, HOSTING_NOW + 1);
	assert_int_equal(hosting_order(hosting, DOMAIN, &none), ERR_OK);
	fetch(hosting, DOMAIN, HOSTING_NOW + 2);
	/* Whoever found it before is answered with it, and may be late to say so. */
	tally_note(hosting->tally, held, HOSTING_NOW + 3);
	revision_release(&held);
	assert_int_equal(write_down(hosting), ERR_OK);

	assert_int_equal(stored(hosting, FIRST).fetches, 2);
	assert_int_equal(stored(hosting, FIRST).last_at, HOSTING_NOW + 3);
	assert_int_equal(stored(hosting, SECOND).fetches, 1);
	assert_int_equal(stored(hosting, SECOND).last_at, HOSTING_NOW + 2);
}

static void what_was_read_back_after_a_restart_is_counted_too(void **state)
{
	struct hosting *hosting = *state;

	hosting_restart(hosting);
	fetch(hosting, DOMAIN, HOSTING_NOW);
	assert_int_equal(write_down(hosting), ERR_OK);

	assert_int_equal(stored(hosting, FIRST).fetches, 1);
}

static void what_is_not_written_is_freed(void **state)
{
	struct hosting *hosting = *state;

	commits_fault[0] = ERR_STORE;
	fetch(hosting, DOMAIN, HOSTING_NOW);
	assert_int_equal(write_down(hosting), ERR_STORE);
	fetch(hosting, DOMAIN, HOSTING_NOW);
	/* The sanitizer of the teardown sees what is left. */
}

/* What is served while nobody can count it keeps a retirement waiting all the same. */
static void a_fetch_without_memory_to_count_it_is_taken_for_one(void **state)
{
	struct hosting *hosting = *state;

	tally_keep(hosting->tally, hosting->store, HOSTING_NOW);
	memory_fail_after(0);
	fetch(hosting, DOMAIN, HOSTING_NOW + 5);
	assert_true(memory_restore());
	assert_int_equal(stored(hosting, FIRST).last_at, 0);

	commits_fault[0] = ERR_STORE;
	hosting_now = HOSTING_NOW + 60;
	assert_int_equal(write_down(hosting), ERR_STORE);
	commits_reset();
	assert_int_equal(write_down(hosting), ERR_OK);
	assert_int_equal(stored(hosting, FIRST).fetches, 0);
	assert_int_equal(stored(hosting, FIRST).last_at, HOSTING_NOW + 60);
	/* That is all; the next one is counted as ever. */
	assert_int_equal(write_down(hosting), ERR_OK);
	fetch(hosting, DOMAIN, HOSTING_NOW + 70);
	assert_int_equal(write_down(hosting), ERR_OK);
	assert_int_equal(stored(hosting, FIRST).fetches, 1);
	assert_int_equal(hosting_count(hosting, "SELECT count(*) FROM lapse WHERE since > 0"), 1);
}

static atomic_uint running;

static void *fetch_many(void *context)
{
	struct hosting *hosting = context;

	for (int i = 0; i < FETCHES; i++) {
		fetch(hosting, DOMAIN, HOSTING_NOW + i);
		fetch(hosting, "two.example", HOSTING_NOW + i);
	}
	(void)atomic_fetch_sub(&running, 1);
	return NULL;
}

static void no_fetch_of_several_threads_is_lost_or_counted_twice(void **state)
{
	const struct hosting_switch none = hosting_none();
	const struct hosting_switch reset = hosting_reset();
	struct hosting *hosting = *state;
	pthread_t threads[THREADS];

	assert_int_equal(hosting_publish(hosting, hosting_configured("two.example", MODE_ENFORCE,
								     "mail.example.org", "")),
			 ERR_OK);
	atomic_store(&running, THREADS);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fetch_many, hosting), 0);
	for (unsigned i = 0; atomic_load(&running) > 0; i++) {
		if (i % 3 == 0)
			commits_fault[0] = ERR_STORE;
		(void)write_down(hosting);
		commits_reset();
		if (i < 50)
			assert_int_equal(hosting_order(hosting, DOMAIN, i % 2 == 0 ? &none : &reset), ERR_OK);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(write_down(hosting), ERR_OK);

	assert_int_equal(hosting_count(hosting, "SELECT sum(fetches) FROM revision JOIN domain"
						" ON domain.id = revision.domain WHERE name = 'example.org'"),
			 THREADS * FETCHES);
	assert_int_equal(hosting_count(hosting, "SELECT fetches FROM revision JOIN domain"
						" ON domain.id = revision.domain WHERE name = 'two.example'"),
			 THREADS * FETCHES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, hosting_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fetches_are_written_in_one_batch),
		TEST(what_is_written_is_written_once),
		TEST(nothing_is_written_when_there_is_nothing),
		TEST(what_cannot_be_written_is_kept_for_the_next_time),
		TEST(what_may_be_written_is_written_once_if_it_was),
		TEST(what_may_be_written_is_written_once_if_it_was_not),
		TEST(what_was_counted_without_success_does_not_say_so),
		TEST(why_they_cannot_be_written_is_logged_once_and_when_they_are_again),
		TEST(what_keeps_an_order_from_being_written_is_logged_each_time),
		TEST(another_reason_is_logged_too),
		TEST(a_revision_that_was_replaced_meanwhile_is_counted_still),
		TEST(what_was_read_back_after_a_restart_is_counted_too),
		TEST(what_is_not_written_is_freed),
		TEST(a_fetch_without_memory_to_count_it_is_taken_for_one),
		TEST(no_fetch_of_several_threads_is_lost_or_counted_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
