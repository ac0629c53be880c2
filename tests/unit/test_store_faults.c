/* SPDX-License-Identifier: ISC */
/* wrap: faults */
#include "faults.h"
#include "storing.h"

#include "base/text.h"
#include "store/audit.h"
#include "store/condition.h"
#include "store/fetches.h"
#include "store/observations.h"
#include "store/revisions.h"
#include "store/switches.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define A    "a.example"
#define B    "b.example"
#define LOST "lost.example"

static const char seen_ids[][ID_SIZE] = { "1", "foreign" };

static const struct observed_answer servers[] = {
	{ .server = "ns1",
	  .address = "192.0.2.1",
	  .ttl = 300,
	  .id = seen_ids,
	  .id_count = 2,
	  .said = "both" },
	{ .server = "ns2", .address = "192.0.2.2", .verdict = VERDICT_SKIPPED, .said = "" },
};

static const struct observation observation = {
	.at = 1500, .id = "2", .verdict = VERDICT_OLD_ID, .error = "", .server = servers, .server_count = 2
};

static const struct switching none = {
	.active = true, .mode = MODE_NONE, .max_age = 86400, .since = 1200, .who = "ann (uid 1000)"
};

/* One of each order: what is asked of a transaction, and only what is told in the names is asked of the test.
 */

static enum err write_revision(struct store_txn *txn)
{
	int64_t number;

	return revisions_put(txn, A, "3", STORING_TEXT, strlen(STORING_TEXT), 2000, &number);
}

static enum err write_end(struct store_txn *txn)
{
	return revisions_end(txn, A, 2000);
}

static enum err write_source(struct store_txn *txn)
{
	return revisions_put_source(txn, A, "/d/a.conf");
}

static enum err write_switch(struct store_txn *txn)
{
	return switches_put(txn, A, &none);
}

static enum err write_no_switch(struct store_txn *txn)
{
	return switches_put(txn, B, &(struct switching){ .active = false });
}

static enum err write_entry(struct store_txn *txn)
{
	const struct audit_entry entry = { .at = 2000,
					   .who = "root",
					   .command = "none",
					   .reason = "",
					   .file = "mta-sts.pem",
					   .file_sum = 7 };
	int64_t number;

	return audit_put(txn, &entry, &number);
}

static enum err write_entry_change(struct store_txn *txn)
{
	const struct audit_change change = { .domain = B, .before = "0", .after = "1", .was = none };

	return audit_put_change(txn, 1, &change);
}

static enum err write_observation(struct store_txn *txn)
{
	return observations_put(txn, A, &observation);
}

static enum err write_no_observation(struct store_txn *txn)
{
	return observations_remove(txn, B);
}

static enum err write_foreign(struct store_txn *txn)
{
	return observations_put_foreign(txn, A, "other", 2000, 60);
}

static enum err write_run(struct store_txn *txn)
{
	return fetches_begin(txn, 2000);
}

static enum err write_fetches(struct store_txn *txn)
{
	return fetches_add(txn, 2, &(struct fetches){ .count = 7, .first_at = 1600, .last_at = 1700 });
}

/* All that is read goes into a text: of each row that by which something is decided. */

static enum err list_revision(void *said, const struct revision_row *row)
{
	return text_appendf(said, "%s %s %s %zu %d, ", row->domain, row->source, row->id, row->len,
			    row->sound);
}

static enum err list_name(void *said, const char *domain)
{
	return text_appendf(said, "%s, ", domain);
}

static enum err list_switch(void *said, const char *domain, const struct switching *switching)
{
	return text_appendf(said, "%s %d %u, ", domain, (int)switching->mode, (unsigned)switching->max_age);
}

static enum err list_entry(void *said, const struct audit_entry *entry)
{
	return text_appendf(said, "%d %s %s, ", (int)entry->number, entry->who, entry->command);
}

static enum err list_change(void *said, const struct audit_change *change)
{
	return text_appendf(said, "%s %s %s %d %d %d, ", change->domain,
			    change->before != NULL ? change->before : "-",
			    change->after != NULL ? change->after : "-", change->was_known,
			    change->was.active, (int)change->was.mode);
}

static enum err list_look(void *said, const struct observation *look)
{
	return text_appendf(said, "%s %d %d, ", look->id, (int)look->verdict, (int)look->at);
}

static enum err list_server(void *said, const struct observed_answer *server)
{
	return text_appendf(said, "%s %s %d %s, ", server->server, server->address, (int)server->verdict,
			    server->said);
}

static enum err list_past(void *said, const struct history_row *row)
{
	return text_appendf(said, "%s %d %d %d %d, ", row->id, (int)row->superseded_at, (int)row->fetches,
			    (int)row->last_served_at, row->sound);
}

static enum err read_revisions(struct store *store, struct text *said)
{
	return revisions_each(store, list_revision, said);
}

static enum err read_lost(struct store *store, struct text *said)
{
	return revisions_each_lost(store, list_name, said);
}

static enum err read_switches(struct store *store, struct text *said)
{
	return switches_each(store, list_switch, said);
}

static enum err read_entries(struct store *store, struct text *said)
{
	return audit_each(store, INT64_MAX, -1, list_entry, said);
}

static enum err read_changes(struct store *store, struct text *said)
{
	return audit_each_change(store, 1, -1, list_change, said);
}

static enum err read_observation(struct store *store, struct text *said)
{
	return observations_last(store, B, list_look, said);
}

static enum err read_servers(struct store *store, struct text *said)
{
	return observations_each_server(store, B, list_server, said);
}

static enum err read_history(struct store *store, struct text *said)
{
	return revisions_history(store, A, list_past, said);
}

static enum err read_numbers(struct store *store, struct text *said)
{
	struct audit_file file = { 0 };
	int64_t order = -1, of_a = -1;
	bool used = true, seen = true;
	enum err err = audit_last_order(store, &order);

	if (err == ERR_OK)
		err = audit_last_of(store, A, &of_a);
	if (err == ERR_OK)
		err = audit_last_file(store, &file);
	if (err == ERR_OK)
		err = revisions_is_used(store, A, "1", &used);
	if (err == ERR_OK)
		err = observations_is_foreign(store, A, "1", &seen);
	return err == ERR_OK ? text_appendf(said, "%d %d %s %d %d %d", (int)order, (int)of_a, file.name,
					    (int)file.sum, used, seen)
			     : err;
}

static enum err read_foreign(struct store *store, struct text *said)
{
	struct foreign foreign;
	enum err err = observations_last_foreign(store, B, &foreign);

	return err == ERR_OK ? text_appendf(said, "%d %u", (int)foreign.last_at, (unsigned)foreign.ttl) : err;
}

static const struct {
	const char *what;
	enum err (*write)(struct store_txn *txn);
} writes[] = {
	{ "revision", write_revision },
	{ "end of a revision", write_end },
	{ "source", write_source },
	{ "switch", write_switch },
	{ "end of a switch", write_no_switch },
	{ "entry", write_entry },
	{ "change of an entry", write_entry_change },
	{ "observation", write_observation },
	{ "end of an observation", write_no_observation },
	{ "foreign id", write_foreign },
	{ "begin of a run", write_run },
	{ "fetches", write_fetches },
};

static const struct {
	const char *what;
	enum err (*read)(struct store *store, struct text *said);
} reads[] = {
	{ "revisions", read_revisions },      { "lost revisions", read_lost },
	{ "switches", read_switches },        { "entries", read_entries },
	{ "changes", read_changes },          { "observation", read_observation },
	{ "observed servers", read_servers }, { "history", read_history },
	{ "numbers", read_numbers },          { "foreign id", read_foreign },
};

#define WRITES (sizeof(writes) / sizeof(*writes))
#define READS  (sizeof(reads) / sizeof(*reads))

static void fill(struct storing *storing)
{
	const struct audit_entry entry = { .at = 1200,
					   .uid = 1000,
					   .who = "ann",
					   .command = "none",
					   .reason = "",
					   .file = "a.pem",
					   .file_sum = 9 };
	const struct audit_change change = { .domain = A, .before = "1", .after = "2", .was = none };
	struct store_txn *txn;
	int64_t number;

	(void)storing_publish(storing, A, "1", 1000);
	(void)storing_publish(storing, A, "2", 1100);
	(void)storing_publish(storing, B, "1", 1000);
	(void)storing_publish(storing, LOST, "1", 1000);
	txn = storing_begin(storing);
	assert_int_equal(switches_put(txn, B, &none), ERR_OK);
	assert_int_equal(audit_put(txn, &entry, &number), ERR_OK);
	assert_int_equal(audit_put_change(txn, number, &change), ERR_OK);
	assert_int_equal(observations_put(txn, B, &observation), ERR_OK);
	assert_int_equal(revisions_end(txn, LOST, 1300), ERR_OK);
	storing_commit(&txn);
	store_close(&storing->store);
	storing_sql(storing->scratch, "UPDATE revision SET sum = 0 WHERE number = 4");
	assert_int_equal(store_open(storing->scratch->folder, &storing->store), ERR_OK);
}

static int setup(void **state)
{
	int result = storing_setup(state);

	if (result == 0)
		fill(*state);
	return result;
}

/* All that can be read; freed with text_free(). */
static struct text everything(struct storing *storing)
{
	struct text said = { 0 };

	for (size_t i = 0; i < READS; i++) {
		assert_int_equal(text_appendf(&said, "%s: ", reads[i].what), ERR_OK);
		assert_int_equal(reads[i].read(storing->store, &said), ERR_OK);
	}
	return said;
}

static void assert_holds(struct storing *storing, const struct text *expected)
{
	struct text said = everything(storing);

	assert_int_equal(condition_of(storing->store), CONDITION_OK);
	assert_string_equal(said.bytes, expected->bytes);
	text_free(&said);
}

static void assert_is_error(enum err err, const char *what, size_t n)
{
	if (err != ERR_STORE && err != ERR_NO_MEMORY)
		fail_msg("%s: call %zu failed, and that was \"%s\"", what, n, err_text(err));
}

/* A store that was just opened again has to prepare its statements. */
static bool read_with_fault(struct storing *storing, size_t which, size_t n, const char *whole)
{
	struct text said = { 0 };
	bool failed;
	enum err err;

	assert_int_equal(store_reopen(storing->store), ERR_OK);
	assert_int_equal(text_append(&said, "", 0), ERR_OK);
	faults_fail_after(n);
	err = reads[which].read(storing->store, &said);
	failed = faults_restore();
	if (err == ERR_OK)
		assert_string_equal(said.bytes, whole);
	else
		assert_is_error(err, reads[which].what, n);
	text_free(&said);
	return failed;
}

static void what_cannot_be_read_is_not_taken_for_something_else(void **state)
{
	struct storing *storing = *state;
	struct text all = everything(storing);

	for (size_t i = 0; i < READS; i++) {
		struct text whole = { 0 };

		assert_int_equal(reads[i].read(storing->store, &whole), ERR_OK);
		assert_true(whole.len > 0);
		for (size_t n = 0; read_with_fault(storing, i, n, whole.bytes); n++)
			assert_holds(storing, &all);
		text_free(&whole);
	}
	text_free(&all);
}

static enum err list_left(void *said, const struct revision_row *row)
{
	return text_appendf(said, "%s=%s, ", row->domain, row->id);
}

/* It is read row by row, as far as that goes: then a row may be missing, but none is another. */
static void what_is_left_of_a_damaged_store_is_what_was_there(void **state)
{
	struct storing *storing = *state;
	bool failed = true;

	for (size_t n = 0; failed; n++) {
		struct text said = { 0 };
		enum err err;

		assert_int_equal(store_reopen(storing->store), ERR_OK);
		assert_int_equal(text_append(&said, "", 0), ERR_OK);
		faults_fail_after(n);
		err = revisions_each_left(storing->store, list_left, &said);
		failed = faults_restore();
		if (err != ERR_OK)
			assert_is_error(err, "what is left", n);
		if (!failed)
			assert_string_equal(said.bytes, A "=2, " B "=1, ");
		else if (strcmp(said.bytes, "") != 0 && strcmp(said.bytes, A "=2, ") != 0 &&
			 strcmp(said.bytes, B "=1, ") != 0)
			assert_string_equal(said.bytes, A "=2, " B "=1, ");
		text_free(&said);
	}
}

/* Whatever part of it was written goes with the transaction. */
static bool write_with_fault(struct storing *storing, size_t which, size_t n)
{
	struct store_txn *txn;
	bool failed;
	enum err err;

	assert_int_equal(store_reopen(storing->store), ERR_OK);
	txn = storing_begin(storing);
	faults_fail_after(n);
	err = writes[which].write(txn);
	failed = faults_restore();
	store_rollback(&txn);
	if (failed)
		assert_is_error(err, writes[which].what, n);
	else
		assert_int_equal(err, ERR_OK);
	return failed;
}

static void what_cannot_be_written_is_an_error_and_leaves_nothing(void **state)
{
	struct storing *storing = *state;
	struct text all = everything(storing);

	for (size_t i = 0; i < WRITES; i++) {
		size_t n = 0;

		while (write_with_fault(storing, i, n)) {
			assert_holds(storing, &all);
			n++;
		}
		assert_true(n >= 2); /* prepared, and run */
	}
	text_free(&all);
}

static enum err publish(struct storing *storing, const char *id)
{
	struct store_txn *txn = NULL;
	int64_t number;
	enum err err = store_begin(storing->store, &txn);

	if (err == ERR_OK)
		err = revisions_put(txn, A, id, STORING_TEXT, strlen(STORING_TEXT), 2000, &number);
	if (err == ERR_OK)
		err = store_commit(&txn);
	store_rollback(&txn);
	return err;
}

static bool publish_with_fault(struct storing *storing, size_t n)
{
	char id[ID_SIZE];
	bool failed, used;
	enum err err;

	(void)snprintf(id, sizeof(id), "x%zu", n);
	assert_int_equal(store_reopen(storing->store), ERR_OK);
	faults_fail_after(n);
	err = publish(storing, id);
	failed = faults_restore();
	assert_int_equal(store_is_doubtful(storing->store), err == ERR_UNKNOWN);
	assert_int_equal(store_reopen(storing->store), ERR_OK);
	assert_int_equal(revisions_is_used(storing->store, A, id, &used), ERR_OK);
	assert_true(err == ERR_OK || failed);
	if (err != ERR_UNKNOWN)
		assert_int_equal(used, err == ERR_OK);
	return failed;
}

static void an_order_is_there_when_it_was_acknowledged_and_only_then(void **state)
{
	size_t n = 0;

	while (publish_with_fault(*state, n))
		n++;
	assert_true(n > 5);
}

/* A database that was opened although a call failed is whole, or is known not to be believed. */
static bool open_with_fault(struct storing *storing, size_t n, const struct text *all)
{
	bool failed;
	enum err err;

	store_close(&storing->store);
	faults_fail_after(n);
	err = store_open(storing->scratch->folder, &storing->store);
	failed = faults_restore();
	if (err != ERR_OK)
		assert_null(storing->store);
	else if (condition_of(storing->store) != CONDITION_DAMAGED)
		assert_holds(storing, all);
	store_close(&storing->store);
	assert_int_equal(store_open(storing->scratch->folder, &storing->store), ERR_OK);
	return failed;
}

static void a_start_that_fails_leaves_all_that_there_was(void **state)
{
	struct storing *storing = *state;
	struct text all = everything(storing);

	for (size_t n = 0; open_with_fault(storing, n, &all); n++)
		assert_holds(storing, &all);
	text_free(&all);
}

static void a_store_that_cannot_be_opened_again_stays_doubtful_until_it_can(void **state)
{
	struct storing *storing = *state;
	struct text all = everything(storing);

	for (size_t n = 0;; n++) {
		enum err err;

		faults_fail_after(n);
		err = store_reopen(storing->store);
		if (!faults_restore())
			break;
		assert_int_equal(err, ERR_STORE);
		assert_true(store_is_doubtful(storing->store));
		assert_int_equal(publish(storing, "3"), ERR_STORE);
		assert_int_equal(store_reopen(storing->store), ERR_OK);
		assert_holds(storing, &all);
	}
	text_free(&all);
}

static void start_anew(struct storing *storing)
{
	static const char *const names[] = { "mta-stsd.db", "mta-stsd.db-wal", "mta-stsd.db-shm", "lock",
					     "reserve" };

	store_close(&storing->store);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unlink(scratch_path(storing->scratch, names[i]));
}

static void a_first_start_that_fails_can_be_repeated(void **state)
{
	struct storing *storing = *state;
	bool failed = true;

	for (size_t n = 0; failed; n++) {
		start_anew(storing);
		faults_fail_after(n);
		(void)store_open(storing->scratch->folder, &storing->store);
		failed = faults_restore();
		store_close(&storing->store);
		assert_int_equal(store_open(storing->scratch->folder, &storing->store), ERR_OK);
		assert_int_equal(condition_of(storing->store), CONDITION_OK);
		(void)storing_publish(storing, A, "1", 1000);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, storing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_cannot_be_read_is_not_taken_for_something_else),
		TEST(what_is_left_of_a_damaged_store_is_what_was_there),
		TEST(what_cannot_be_written_is_an_error_and_leaves_nothing),
		TEST(an_order_is_there_when_it_was_acknowledged_and_only_then),
		TEST(a_start_that_fails_leaves_all_that_there_was),
		TEST(a_store_that_cannot_be_opened_again_stays_doubtful_until_it_can),
		TEST(a_first_start_that_fails_can_be_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
