/* SPDX-License-Identifier: ISC */
/* wrap: clock_now sqlite3_step */
#include "hosting.h"

#include "base/file.h"
#include "base/progress.h"
#include "core/registry_load.h"
#include "store/condition.h"
#include "store/soundness.h"
#include "store/soundness_private.h"

#include <fcntl.h>
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
#define B "b.example"

/* The statement that fails once, by its beginning, or NULL. */
static const char *failing;

__typeof__(sqlite3_step) __real_sqlite3_step;
__typeof__(sqlite3_step) __wrap_sqlite3_step;

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
	if (failing == NULL || strncmp(sqlite3_sql(statement), failing, strlen(failing)) != 0)
		return __real_sqlite3_step(statement);
	failing = NULL;
	return SQLITE_IOERR;
}

static void publish_two(struct hosting *hosting)
{
	assert_int_equal(hosting_publish(hosting, hosting_configured(A, MODE_ENFORCE, "mx.example", "")),
			 ERR_OK);
	assert_int_equal(hosting_publish(hosting, hosting_configured(B, MODE_ENFORCE, "mx.example", "")),
			 ERR_OK);
}

static void stop(struct hosting *hosting)
{
	registry_free(&hosting->registry);
	store_close(&hosting->store);
}

static void start(struct hosting *hosting)
{
	assert_int_equal(store_open(hosting->scratch->folder, &hosting->store), ERR_OK);
	assert_int_equal(registry_new(&hosting->registry), ERR_OK);
	assert_int_equal(registry_load(hosting->registry, hosting->store), ERR_OK);
}

/* As if a disk had changed what it holds: no stat tells. */
static void seal(struct hosting *hosting)
{
	struct files files;

	assert_int_equal(files_open(hosting->scratch->folder, &files), ERR_OK);
	assert_true(soundness_seal(&files));
	files_close(&files);
}

/* Of the end of the database, so that its first page tells nothing. */
static void overwrite_pages(struct hosting *hosting, long pages)
{
	FILE *database = fopen(scratch_path(hosting->scratch, "mta-stsd.db"), "r+");

	assert_non_null(database);
	assert_int_equal(fseek(database, -4096L * pages, SEEK_END), 0);
	for (long i = 0; i < 4096 * pages; i++)
		assert_int_equal(fputc(0x55, database), 0x55);
	assert_int_equal(fclose(database), 0);
}

static void a_state_that_was_ended_in_order_is_looked_through_after_the_start(void **state)
{
	struct hosting *hosting = *state;
	bool damaged = true;

	publish_two(hosting);
	assert_false(soundness_is_assumed(hosting->store)); /* it was new */
	hosting_restart(hosting);

	assert_true(soundness_is_assumed(hosting->store));
	assert_int_equal(registry_count(hosting->registry), 2);
	assert_int_equal(soundness_find(hosting->store, &damaged), ERR_OK);
	assert_false(damaged);
	assert_false(soundness_is_assumed(hosting->store));
	assert_int_equal(condition_of(hosting->store), CONDITION_OK);
}

static void the_first_order_looks_through_it(void **state)
{
	struct hosting *hosting = *state;
	const struct hosting_switch none = hosting_none();

	publish_two(hosting);
	hosting_restart(hosting);
	assert_int_equal(hosting_order(hosting, A, &none), ERR_OK);
	assert_false(soundness_is_assumed(hosting->store));
}

static void what_others_have_written_to_is_looked_through_first(void **state)
{
	struct hosting *hosting = *state;

	publish_two(hosting);
	stop(hosting);
	hosting_sql(hosting, "UPDATE store SET generation = generation + 1");
	start(hosting);
	assert_false(soundness_is_assumed(hosting->store));

	stop(hosting);
	hosting_sql(hosting, "DELETE FROM revision");
	start(hosting);
	assert_false(soundness_is_assumed(hosting->store));
	assert_int_equal(condition_of(hosting->store), CONDITION_DAMAGED);
}

static void a_run_that_was_killed_leaves_no_seal(void **state)
{
	struct hosting *hosting = *state;
	struct files files = { .lock_fd = -1 };

	publish_two(hosting);
	hosting_restart(hosting);
	assert_true(soundness_is_assumed(hosting->store));
	assert_int_equal(access(scratch_path(hosting->scratch, "mta-stsd.db-wal"), F_OK), 0);
	/* What lies there while it runs is what a kill leaves. */
	files.database.path = file_path(hosting->scratch->folder, "mta-stsd.db");
	files.log.path = file_path(hosting->scratch->folder, "mta-stsd.db-wal");
	files.lock_fd = open(scratch_path(hosting->scratch, "lock"), O_RDWR);
	assert_false(soundness_unseal(&files));
	(void)close(files.lock_fd);
	free(files.database.path);
	free(files.log.path);
}

static void a_log_that_is_left_is_never_sealed(void **state)
{
	struct hosting *hosting = *state;
	struct files files;

	publish_two(hosting);
	stop(hosting);
	seal(hosting);
	scratch_write(hosting->scratch, "mta-stsd.db-wal", "something");
	assert_int_equal(files_open(hosting->scratch->folder, &files), ERR_OK);
	assert_false(soundness_unseal(&files));
	assert_false(soundness_seal(&files));
	files_close(&files);
	assert_int_equal(unlink(scratch_path(hosting->scratch, "mta-stsd.db-wal")), 0);
	start(hosting);
}

static void a_seal_is_broken_by_the_start(void **state)
{
	struct hosting *hosting = *state;
	struct files files;

	publish_two(hosting);
	stop(hosting);
	assert_int_equal(files_open(hosting->scratch->folder, &files), ERR_OK);
	assert_true(soundness_unseal(&files));
	assert_false(soundness_unseal(&files));
	assert_int_equal(files.stamped > 0, 1); /* what older versions read of it stays */
	files_close(&files);
	start(hosting);
	assert_false(soundness_is_assumed(hosting->store));
}

static void what_was_not_looked_through_is_not_sealed(void **state)
{
	struct hosting *hosting = *state;

	publish_two(hosting);
	hosting_restart(hosting);
	assert_true(soundness_is_assumed(hosting->store));
	hosting_restart(hosting);
	assert_false(soundness_is_assumed(hosting->store));
}

static void damage_that_no_stat_tells_is_found_before_the_first_order(void **state)
{
	struct hosting *hosting = *state;
	const struct hosting_switch none = hosting_none();
	struct store_txn *txn = NULL;

	publish_two(hosting);
	stop(hosting);
	hosting_sql(hosting, "DELETE FROM revision WHERE number = 1");
	seal(hosting);
	start(hosting);
	assert_true(soundness_is_assumed(hosting->store));
	assert_false(registry_is_partial(hosting->registry));

	assert_int_equal(hosting_order(hosting, B, &none), ERR_STORE);
	assert_int_equal(condition_of(hosting->store), CONDITION_DAMAGED);
	assert_true(registry_is_partial(hosting->registry));
	assert_true(registry_is_unreadable(hosting->registry, A));
	assert_non_null(registry_domain(hosting->registry, B));
	assert_int_equal(store_begin(hosting->store, &txn), ERR_STORE);
}

static void damage_that_reading_meets_first_keeps_nothing_from_being_served(void **state)
{
	struct hosting *hosting = *state;

	for (int i = 0; i < 200; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "d%03d.example", i);
		assert_int_equal(
			hosting_publish(hosting, hosting_configured(name, MODE_ENFORCE, "mx.example", "")),
			ERR_OK);
	}
	stop(hosting);
	overwrite_pages(hosting, 4);
	seal(hosting);
	start(hosting);
	assert_false(soundness_is_assumed(hosting->store));
	assert_int_equal(condition_of(hosting->store), CONDITION_DAMAGED);
	assert_true(registry_is_partial(hosting->registry));
	assert_in_range(registry_count(hosting->registry), 1, 200);
}

static void what_fails_once_and_is_no_damage_is_read_again(void **state)
{
	struct hosting *hosting = *state;

	publish_two(hosting);
	stop(hosting);
	failing = "SELECT domain, id, text";
	start(hosting);
	assert_null(failing);
	assert_int_equal(registry_count(hosting->registry), 2);
	assert_int_equal(condition_of(hosting->store), CONDITION_OK);
	assert_false(registry_is_in_doubt(hosting->registry, hosting->store));
}

static void what_is_opened_again_is_looked_through_too(void **state)
{
	struct hosting *hosting = *state;

	publish_two(hosting);
	hosting_restart(hosting);
	assert_true(soundness_is_assumed(hosting->store));
	hosting_sql(hosting, "UPDATE store SET generation = generation + 1");
	assert_int_equal(registry_recover(hosting->registry, hosting->store), ERR_OK);
	assert_false(soundness_is_assumed(hosting->store));
}

static void another_file_in_the_place_of_the_closed_one_is_not_sealed(void **state)
{
	struct hosting *hosting = *state;
	struct files files;

	publish_two(hosting);
	stop(hosting);
	assert_int_equal(files_open(hosting->scratch->folder, &files), ERR_OK);
	files_adopt(&files);
	assert_true(soundness_seal(&files));
	assert_int_equal(rename(scratch_path(hosting->scratch, "mta-stsd.db"),
				scratch_path(hosting->scratch, "before")),
			 0);
	(void)scratch_write(hosting->scratch, "mta-stsd.db", "another");
	assert_false(soundness_seal(&files));
	assert_int_equal(rename(scratch_path(hosting->scratch, "before"),
				scratch_path(hosting->scratch, "mta-stsd.db")),
			 0);
	files_close(&files);
	start(hosting);
}

static void a_stop_does_not_wait_and_nothing_is_known_then(void **state)
{
	struct hosting *hosting = *state;
	bool damaged = true;

	stop(hosting);
	hosting_sql(hosting,
		    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
		    " INSERT INTO domain (name, source) SELECT 'n' || i || '.example', '' FROM n");
	seal(hosting);
	start(hosting);
	progress_stop(true);
	assert_int_equal(soundness_find(hosting->store, &damaged), ERR_STOPPED);
	progress_stop(false);
	assert_false(damaged);
	assert_true(soundness_is_assumed(hosting->store));
	assert_int_equal(condition_of(hosting->store), CONDITION_OK);
	assert_int_equal(soundness_find(hosting->store, &damaged), ERR_OK);
	assert_false(damaged);
	assert_false(soundness_is_assumed(hosting->store));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, hosting_setup, hosting_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_state_that_was_ended_in_order_is_looked_through_after_the_start),
		TEST(the_first_order_looks_through_it),
		TEST(what_others_have_written_to_is_looked_through_first),
		TEST(a_run_that_was_killed_leaves_no_seal),
		TEST(a_log_that_is_left_is_never_sealed),
		TEST(a_seal_is_broken_by_the_start),
		TEST(what_was_not_looked_through_is_not_sealed),
		TEST(damage_that_no_stat_tells_is_found_before_the_first_order),
		TEST(damage_that_reading_meets_first_keeps_nothing_from_being_served),
		TEST(what_fails_once_and_is_no_damage_is_read_again),
		TEST(what_is_opened_again_is_looked_through_too),
		TEST(another_file_in_the_place_of_the_closed_one_is_not_sealed),
		TEST(a_stop_does_not_wait_and_nothing_is_known_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
