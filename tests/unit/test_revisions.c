/* SPDX-License-Identifier: ISC */
#include "storing.h"

#include "store/condition.h"
#include "store/past.h"
#include "store/reading.h"
#include "store/revisions.h"
#include "store/switches.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What revisions_each() hands out, a line a revision: domain, file, id, time, number, and whether it is
 * sound. */
struct listing {
	char text[512];
	size_t rows;
	size_t enough; /* so many rows are asked for; 0: all */
};

static enum err note(void *context, const struct revision_row *row)
{
	struct listing *listing = context;
	size_t used = strlen(listing->text);

	assert_int_equal(row->len, strlen(row->text));
	(void)snprintf(listing->text + used, sizeof(listing->text) - used, "%s %s %s %d %d %s\n", row->domain,
		       row->source, row->id, (int)row->published_at, (int)row->number,
		       row->sound ? "sound" : "damaged");
	return ++listing->rows == listing->enough ? ERR_CLOSED : ERR_OK;
}

static void assert_published(struct storing *storing, const char *expected)
{
	struct listing listing = { 0 };

	assert_int_equal(revisions_each(storing->store, note, &listing), ERR_OK);
	assert_string_equal(listing.text, expected);
}

static void end(struct storing *storing, const char *domain)
{
	struct store_txn *txn = storing_begin(storing);

	assert_int_equal(revisions_end(txn, domain, 5000), ERR_OK);
	storing_commit(&txn);
}

static void what_is_published_is_told_by_name_whatever_was_published_first(void **state)
{
	storing_publish(*state, "b.example", "1", 1000);
	storing_publish(*state, "c.example", "1", 2000);
	storing_publish(*state, "a.example", "1", 3000);
	assert_published(*state, "a.example  1 3000 3 sound\n"
				 "b.example  1 1000 1 sound\n"
				 "c.example  1 2000 2 sound\n");
}

static void a_revision_of_one_domain_leaves_the_others_published(void **state)
{
	storing_publish(*state, "a.example", "1", 1000);
	storing_publish(*state, "b.example", "1", 1000);
	storing_publish(*state, "a.example", "2", 2000);
	assert_published(*state, "a.example  2 2000 3 sound\n"
				 "b.example  1 1000 2 sound\n");
}

static void the_file_of_a_domain_stays_with_it_from_revision_to_revision(void **state)
{
	struct store_txn *txn;

	storing_publish(*state, "a.example", "1", 1000);
	txn = storing_begin(*state);
	assert_int_equal(revisions_put_source(txn, "a.example", "a.conf"), ERR_OK);
	storing_commit(&txn);
	storing_publish(*state, "a.example", "2", 2000);
	assert_published(*state, "a.example a.conf 2 2000 2 sound\n");
}

static void what_was_ended_is_published_no_more_but_its_ids_stay_used(void **state)
{
	struct storing *storing = *state;
	bool used = false;

	storing_publish(storing, "a.example", "1", 1000);
	storing_publish(storing, "b.example", "1", 1000);
	end(storing, "a.example");
	assert_published(storing, "b.example  1 1000 2 sound\n");
	assert_int_equal(revisions_is_used(storing->store, "a.example", "1", &used), ERR_OK);
	assert_true(used);
}

static void a_domain_that_was_ended_can_be_published_again(void **state)
{
	storing_publish(*state, "a.example", "1", 1000);
	end(*state, "a.example");
	storing_publish(*state, "a.example", "2", 6000);
	assert_published(*state, "a.example  2 6000 2 sound\n");
}

static void who_has_read_enough_stops(void **state)
{
	struct storing *storing = *state;
	struct listing listing = { .enough = 1 };

	storing_publish(storing, "a.example", "1", 1000);
	storing_publish(storing, "b.example", "1", 1000);
	assert_int_equal(revisions_each(storing->store, note, &listing), ERR_CLOSED);
	assert_int_equal(listing.rows, 1);
}

static enum err add_number(void *context, const struct history_row *row)
{
	*(int64_t *)context += row->number;
	return row->number == 2 ? ERR_CLOSED : ERR_OK;
}

static void what_is_read_together_leaves_nothing_open(void **state)
{
	struct storing *storing = *state;
	int64_t sum = 0;

	storing_publish(storing, "a.example", "1", 1000);
	storing_publish(storing, "b.example", "1", 1000);
	reading_begin(storing->store);
	assert_int_equal(revisions_held(storing->store, "a.example", add_number, &sum), ERR_OK);
	assert_int_equal(revisions_held(storing->store, "b.example", add_number, &sum), ERR_CLOSED);
	reading_end(storing->store);
	assert_int_equal(sum, 3);
	storing_publish(storing, "a.example", "2", 2000);
	storing_reopen(storing);
	assert_published(storing, "a.example  2 2000 3 sound\nb.example  1 1000 2 sound\n");
}

static void reading_takes_no_transaction_of_others(void **state)
{
	struct storing *storing = *state;
	struct store_txn *txn = storing_begin(storing);
	int64_t number;

	assert_int_equal(
		revisions_put(txn, "a.example", "1", STORING_TEXT, strlen(STORING_TEXT), 1000, &number),
		ERR_OK);
	reading_begin(storing->store);
	reading_end(storing->store);
	reading_end(storing->store);
	storing_commit(&txn);
	storing_reopen(storing);
	assert_published(storing, "a.example  1 1000 1 sound\n");
}

static void put_switch(struct storing *storing, const char *domain, bool active)
{
	struct store_txn *txn = storing_begin(storing);

	assert_int_equal(
		switches_put(txn, domain,
			     &(struct switching){ .active = active, .mode = MODE_NONE, .who = "who" }),
		ERR_OK);
	storing_commit(&txn);
	/* Whether as many are there as were counted is looked at then. */
	storing_reopen(storing);
	assert_int_equal(condition_of(storing->store), CONDITION_OK);
}

static void a_switch_is_counted_once(void **state)
{
	struct storing *storing = *state;

	storing_publish(storing, "a.example", "1", 1000);
	storing_publish(storing, "b.example", "1", 1000);
	put_switch(storing, "b.example", true);
	put_switch(storing, "a.example", true);
	put_switch(storing, "a.example", true);
	put_switch(storing, "a.example", false);
	put_switch(storing, "a.example", false);
	put_switch(storing, "b.example", false);
}

static int64_t put_first(struct storing *storing, const char *domain, const char *source, int64_t *number)
{
	const struct revision_row row = { .domain = domain,
					  .source = source,
					  .id = "7",
					  .text = STORING_TEXT,
					  .len = strlen(STORING_TEXT),
					  .published_at = 1000 };
	struct store_txn *txn = storing_begin(storing);
	int64_t place = -1;

	assert_int_equal(revisions_put_first(txn, &row, &place, number), ERR_OK);
	storing_commit(&txn);
	return place;
}

static void put_in_steps(struct storing *storing, const char *domain, const char *source)
{
	struct store_txn *txn = storing_begin(storing);
	int64_t number;

	assert_int_equal(revisions_put(txn, domain, "7", STORING_TEXT, strlen(STORING_TEXT), 1000, &number),
			 ERR_OK);
	assert_int_equal(past_begin(txn, domain, number, 1000), ERR_OK);
	assert_int_equal(revisions_put_source(txn, domain, source), ERR_OK);
	storing_commit(&txn);
}

static void a_domain_that_was_never_here_is_stored_as_by_single_steps(void **state)
{
	struct storing *storing = *state;
	int64_t number = 0, place;

	storing_publish(storing, "z.example", "1", 1000);
	put_in_steps(storing, "a.example", "/d/it.conf");
	place = put_first(storing, "b.example", "/d/it.conf", &number);
	assert_int_equal(number, 3);
	assert_int_equal(place,
			 storing_number(storing->scratch, "SELECT id FROM domain WHERE name = 'b.example'"));
	assert_int_equal(storing_number(storing->scratch,
					"SELECT count(*) FROM domain AS a JOIN domain AS b"
					" ON a.name = 'a.example' AND b.name = 'b.example'"
					" WHERE a.source = b.source AND a.unknown_before = 2"
					" AND b.unknown_before = 3 AND a.restored_at = b.restored_at"
					" AND a.declared IS b.declared AND a.observed IS b.observed"),
			 1);
	storing_reopen(storing);
	assert_published(storing, "a.example /d/it.conf 7 1000 2 sound\n"
				  "b.example /d/it.conf 7 1000 3 sound\n"
				  "z.example  1 1000 1 sound\n");
}

static void of_a_domain_that_was_here_before_nothing_is_written_as_the_first(void **state)
{
	struct storing *storing = *state;
	int64_t number = 99;

	storing_publish(storing, "a.example", "1", 1000);
	assert_int_equal(put_first(storing, "a.example", "/d/it.conf", &number), 0);
	assert_published(storing, "a.example  1 1000 1 sound\n");
	end(storing, "a.example");
	assert_int_equal(put_first(storing, "a.example", "/d/it.conf", &number), 0);
	assert_int_equal(number, 99);
	assert_published(storing, "");
	assert_int_equal(storing_number(storing->scratch,
					"SELECT count(*) FROM domain WHERE unknown_before = 0"
					" AND source = ''"),
			 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, storing_setup, storing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_published_is_told_by_name_whatever_was_published_first),
		TEST(a_revision_of_one_domain_leaves_the_others_published),
		TEST(the_file_of_a_domain_stays_with_it_from_revision_to_revision),
		TEST(what_was_ended_is_published_no_more_but_its_ids_stay_used),
		TEST(a_domain_that_was_ended_can_be_published_again),
		TEST(who_has_read_enough_stops),
		TEST(what_is_read_together_leaves_nothing_open),
		TEST(reading_takes_no_transaction_of_others),
		TEST(a_switch_is_counted_once),
		TEST(a_domain_that_was_never_here_is_stored_as_by_single_steps),
		TEST(of_a_domain_that_was_here_before_nothing_is_written_as_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
