/* SPDX-License-Identifier: ISC */
#include "storing.h"

#include "store/audit.h"
#include "store/fetches.h"
#include "store/observations.h"
#include "store/revisions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define A "a.example"

/* Publish as an order does, with its audit entry; before NULL: the domain is new. */
static int64_t order(struct storing *storing, const char *command, const char *before, const char *after,
		     time_t now)
{
	const struct audit_entry entry = {
		.at = now, .uid = 0, .who = "root (uid 0)", .command = command, .reason = "moving"
	};
	const struct audit_change change = { .domain = A, .before = before, .after = after };
	struct store_txn *txn = storing_begin(storing);
	int64_t revision;
	int64_t number = 0;

	if (before == NULL || strcmp(before, after) != 0)
		assert_int_equal(
			revisions_put(txn, A, after, STORING_TEXT, strlen(STORING_TEXT), now, &revision),
			ERR_OK);
	assert_int_equal(audit_put(txn, &entry, &number), ERR_OK);
	assert_int_equal(audit_put_change(txn, number, &change), ERR_OK);
	storing_commit(&txn);
	return number;
}

static void every_revision_is_kept_the_newest_first(void **state)
{
	struct storing_row rows[STORING_ROWS];

	(void)storing_publish(*state, A, "1", 1000);
	(void)storing_publish(*state, "b.example", "7", 1500);
	(void)storing_publish(*state, A, "2", 2000);

	assert_int_equal(storing_history(*state, A, rows), 2);
	assert_string_equal(rows[0].id, "2");
	assert_int_equal(rows[0].published_at, 2000);
	assert_int_equal(rows[0].superseded_at, 0);
	assert_string_equal(rows[1].id, "1");
	assert_int_equal(rows[1].published_at, 1000);
	assert_int_equal(rows[1].superseded_at, 2000);
	assert_true(rows[0].number > rows[1].number);
	assert_int_equal(storing_history(*state, "unknown.example", rows), 0);
}

static void the_order_of_publication_decides_whatever_the_clock_and_the_ids_say(void **state)
{
	struct storing_row rows[STORING_ROWS];

	(void)storing_publish(*state, A, "9", 5000);
	(void)storing_publish(*state, A, "8", 1000);

	assert_int_equal(storing_history(*state, A, rows), 2);
	assert_string_equal(rows[0].id, "8");
	assert_int_equal(rows[1].superseded_at, 1000);
}

static void what_never_came_is_0(void **state)
{
	struct storing_row row;

	(void)storing_publish(*state, A, "1", 1000);
	row = storing_published(*state, A);

	assert_int_equal(row.first_served_at, 0);
	assert_int_equal(row.last_served_at, 0);
	assert_int_equal(row.fetches, 0);
	assert_int_equal(row.seen_at, 0);
	assert_int_equal(row.ttl, 0);
	assert_int_equal(row.audit, 0);
	assert_string_equal(row.command, "");
}

static void each_piece_of_evidence_stands_with_its_revision(void **state)
{
	const struct fetches fetches = { .count = 3, .first_at = 1100, .last_at = 1200 };
	static const char ids[1][ID_SIZE] = { "1" };
	const struct observed_answer server = { .server = "ns1.example.net",
						.address = "192.0.2.1",
						.ttl = 300,
						.id = ids,
						.id_count = 1,
						.verdict = VERDICT_RIGHT,
						.said = "" };
	const struct observation look = { .at = 1300,
					  .id = "1",
					  .verdict = VERDICT_RIGHT,
					  .error = "",
					  .server = &server,
					  .server_count = 1 };
	int64_t number = storing_publish(*state, A, "1", 1000);
	struct storing_row rows[STORING_ROWS];
	struct store_txn *txn = storing_begin(*state);

	assert_int_equal(fetches_add(txn, number, &fetches), ERR_OK);
	assert_int_equal(observations_put(txn, A, &look), ERR_OK);
	storing_commit(&txn);
	(void)storing_publish(*state, A, "2", 2000);
	storing_reopen(*state);

	assert_int_equal(storing_history(*state, A, rows), 2);
	assert_int_equal(rows[1].fetches, 3);
	assert_int_equal(rows[1].first_served_at, 1100);
	assert_int_equal(rows[1].last_served_at, 1200);
	assert_int_equal(rows[1].seen_at, 1300);
	assert_int_equal(rows[1].ttl, 300);
	assert_int_equal(rows[0].fetches, 0);
	assert_int_equal(rows[0].seen_at, 0);
}

static void the_order_that_published_a_revision_stands_with_it(void **state)
{
	int64_t first = order(*state, "reload", NULL, "1", 1000);
	int64_t second = order(*state, "none", "1", "2", 2000);
	struct storing_row rows[STORING_ROWS];

	/* This one switched, and left what was published. */
	(void)order(*state, "enforce", "2", "2", 3000);

	assert_int_equal(storing_history(*state, A, rows), 2);
	assert_int_equal(rows[0].audit, second);
	assert_string_equal(rows[0].command, "none");
	assert_string_equal(rows[0].who, "root (uid 0)");
	assert_string_equal(rows[0].reason, "moving");
	assert_int_equal(rows[1].audit, first);
	assert_string_equal(rows[1].command, "reload");
}

static void a_domain_that_is_published_no_more_keeps_its_history(void **state)
{
	struct storing_row rows[STORING_ROWS];
	struct store_txn *txn;
	bool used = false;

	(void)storing_publish(*state, A, "1", 1000);
	txn = storing_begin(*state);
	assert_int_equal(revisions_end(txn, A, 2000), ERR_OK);
	storing_commit(&txn);

	assert_int_equal(storing_history(*state, A, rows), 1);
	assert_int_equal(rows[0].superseded_at, 2000);
	assert_int_equal(revisions_is_used(((struct storing *)*state)->store, A, "1", &used), ERR_OK);
	assert_true(used);
}

static enum err stop(void *context, const struct history_row *row)
{
	(*(unsigned *)context)++;
	assert_string_equal(row->id, "2");
	return ERR_EXISTS;
}

static void who_has_read_enough_stops(void **state)
{
	struct storing *storing = *state;
	unsigned called = 0;

	(void)storing_publish(storing, A, "1", 1000);
	(void)storing_publish(storing, A, "2", 2000);

	assert_int_equal(revisions_history(storing->store, A, stop, &called), ERR_EXISTS);
	assert_int_equal(revisions_history(storing->store, A, stop, &called), ERR_EXISTS);
	assert_int_equal(called, 2);
	/* Nothing is left open that would be in the way of writing. */
	(void)storing_publish(storing, A, "3", 3000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, storing_setup, storing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_revision_is_kept_the_newest_first),
		TEST(the_order_of_publication_decides_whatever_the_clock_and_the_ids_say),
		TEST(what_never_came_is_0),
		TEST(each_piece_of_evidence_stands_with_its_revision),
		TEST(the_order_that_published_a_revision_stands_with_it),
		TEST(a_domain_that_is_published_no_more_keeps_its_history),
		TEST(who_has_read_enough_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
