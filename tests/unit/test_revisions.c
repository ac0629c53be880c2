/* SPDX-License-Identifier: ISC */
#include "storing.h"

#include "store/revisions.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
