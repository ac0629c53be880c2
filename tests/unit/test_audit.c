/* SPDX-License-Identifier: ISC */
#include "storing.h"

#include "base/text.h"
#include "store/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int64_t put(struct storing *storing, const char *command, int64_t undoes, const char *one,
		   const char *two)
{
	const struct audit_entry entry = { .at = 77,
					   .uid = strcmp(command, "reload") == 0 ? -1 : 1000,
					   .who = "ann (uid 1000)",
					   .command = command,
					   .undoes = undoes,
					   .reason = "moving" };
	const struct audit_change changes[] = { { .domain = one, .before = "1", .after = "2" },
						{ .domain = two, .after = "1" } };
	struct store_txn *txn = storing_begin(storing);
	int64_t number = 0;

	assert_int_equal(audit_put(txn, &entry, &number), ERR_OK);
	for (unsigned i = 0; i < 2; i++) {
		if (changes[i].domain != NULL)
			assert_int_equal(audit_put_change(txn, number, &changes[i]), ERR_OK);
	}
	storing_commit(&txn);
	return number;
}

static int setup(void **state)
{
	int result = storing_setup(state);

	if (result == 0) {
		(void)storing_publish(*state, "a.example", "1", 1000);
		(void)storing_publish(*state, "b.example", "1", 1000);
	}
	return result;
}

static enum err list_entry(void *context, const struct audit_entry *entry)
{
	return text_appendf(context, "%lld at %lld %lld %s: %s %lld (%s) of %lld\n", (long long)entry->number,
			    (long long)entry->at, (long long)entry->uid, entry->who, entry->command,
			    (long long)entry->undoes, entry->reason, (long long)entry->domains);
}

static void assert_entries(struct storing *storing, int64_t before, int64_t limit, const char *expected)
{
	struct text list = { 0 };

	assert_int_equal(text_append(&list, "", 0), ERR_OK);
	assert_int_equal(audit_each(storing->store, before, limit, list_entry, &list), ERR_OK);
	assert_string_equal(list.bytes, expected);
	text_free(&list);
}

static void an_entry_keeps_who_what_when_and_why(void **state)
{
	(void)put(*state, "reload", 0, NULL, "a.example");
	(void)put(*state, "undo", 1, "a.example", "b.example");
	storing_reopen(*state);

	assert_entries(*state, INT64_MAX, 100,
		       "2 at 77 1000 ann (uid 1000): undo 1 (moving) of 2\n"
		       "1 at 77 -1 ann (uid 1000): reload 0 (moving) of 1\n");
	assert_int_equal(storing_number(((struct storing *)*state)->scratch,
					"SELECT count(*) FROM audit WHERE uid IS NULL"),
			 1);
}

static void entries_are_read_page_by_page(void **state)
{
	for (int i = 0; i < 4; i++)
		(void)put(*state, "none", 0, NULL, NULL);

	assert_entries(*state, INT64_MAX, 1, "4 at 77 1000 ann (uid 1000): none 0 (moving) of 0\n");
	assert_entries(*state, 3, 1, "2 at 77 1000 ann (uid 1000): none 0 (moving) of 0\n");
	assert_entries(*state, 1, 100, "");
}

static enum err list_change(void *context, const struct audit_change *change)
{
	const struct switching *was = &change->was;

	assert_true(change->was_known);
	if (!was->active)
		return text_appendf(context, "%s %s->%s; ", change->domain,
				    change->before != NULL ? change->before : "-",
				    change->after != NULL ? change->after : "-");
	return text_appendf(context, "%s %s->%s %s %u %d %lld %s; ", change->domain,
			    change->before != NULL ? change->before : "-",
			    change->after != NULL ? change->after : "-", mode_text(was->mode), was->max_age,
			    was->keep_mx, (long long)was->since, was->who);
}

static void assert_changes(struct storing *storing, int64_t number, int64_t limit, const char *expected)
{
	struct text list = { 0 };

	assert_int_equal(text_append(&list, "", 0), ERR_OK);
	assert_int_equal(audit_each_change(storing->store, number, limit, list_change, &list), ERR_OK);
	assert_string_equal(list.bytes, expected);
	text_free(&list);
}

static void changes_are_read_by_name_as_many_as_are_asked_for(void **state)
{
	int64_t number = put(*state, "none", 0, "b.example", "a.example");

	assert_changes(*state, number, -1, "a.example -->1; b.example 1->2; ");
	assert_changes(*state, number, 1, "a.example -->1; ");
	assert_changes(*state, number, 0, "");
	assert_changes(*state, number + 1, -1, "");
}

static void put_change(struct storing *storing, const struct audit_change *change)
{
	const struct audit_entry entry = { .who = "w", .command = "none", .reason = "" };
	struct store_txn *txn = storing_begin(storing);
	int64_t number;

	assert_int_equal(audit_put(txn, &entry, &number), ERR_OK);
	assert_int_equal(audit_put_change(txn, number, change), ERR_OK);
	storing_commit(&txn);
}

static void the_switch_of_before_is_kept_whole(void **state)
{
	const struct audit_change change = { .domain = "a.example",
					     .before = "1",
					     .after = "2",
					     .was = { .active = true,
						      .mode = MODE_TESTING,
						      .max_age = 4711,
						      .keep_mx = true,
						      .since = 1234,
						      .who = "bob (uid 7)" } };

	put_change(*state, &change);

	assert_changes(*state, 1, -1, "a.example 1->2 testing 4711 1 1234 bob (uid 7); ");
}

static void a_domain_whose_number_is_known_is_not_looked_for_by_its_name(void **state)
{
	struct storing *storing = *state;
	const struct audit_change change = { .domain = "unknown.example",
					     .after = "2",
					     .number = storing_number(
						     storing->scratch,
						     "SELECT id FROM domain WHERE name = 'a.example'") };

	put_change(storing, &change);

	assert_changes(storing, 1, -1, "a.example -->2; ");
}

static void a_forgotten_domain_has_no_id_afterwards(void **state)
{
	const struct audit_change change = { .domain = "a.example", .before = "1" };

	put_change(*state, &change);

	assert_changes(*state, 1, -1, "a.example 1->-; ");
}

static enum err count_unknown(void *context, const struct audit_change *change)
{
	*(unsigned *)context += !change->was_known;
	return ERR_OK;
}

static void a_switch_of_before_that_is_damaged_is_not_known(void **state)
{
	struct storing *storing = *state;
	const struct audit_change change = { .domain = "a.example",
					     .before = "1",
					     .after = "2",
					     .was = { .active = true, .mode = MODE_TESTING } };
	unsigned unknown = 0;

	put_change(*state, &change);
	storing_sql(storing->scratch, "UPDATE audit_change SET was_mode = 'tested'");

	assert_int_equal(audit_each_change(storing->store, 1, -1, count_unknown, &unknown), ERR_OK);
	assert_int_equal(unknown, 1);
}

static void assert_last_order(struct storing *storing, int64_t expected)
{
	int64_t number = -1;

	assert_int_equal(audit_last_order(storing->store, &number), ERR_OK);
	assert_int_equal(number, expected);
}

static void the_last_order_is_the_last_that_switched_something(void **state)
{
	static const char *const orders[] = { "none", "testing", "enforce", "reset", "undo" };

	assert_last_order(*state, 0);
	(void)put(*state, "reload", 0, NULL, "a.example");
	assert_last_order(*state, 0);
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		int64_t number = put(*state, orders[i], 0, NULL, "a.example");

		(void)put(*state, "reload", 0, NULL, "a.example");
		(void)put(*state, "forget", 0, NULL, "b.example");
		assert_last_order(*state, number);
	}
}

static void assert_last_of(struct storing *storing, const char *domain, int64_t expected)
{
	int64_t number = -1;

	assert_int_equal(audit_last_of(storing->store, domain, &number), ERR_OK);
	assert_int_equal(number, expected);
}

static void the_last_of_a_domain_is_whatever_changed_it(void **state)
{
	assert_last_of(*state, "a.example", 0);
	assert_last_of(*state, "unknown.example", 0);

	(void)put(*state, "none", 0, "a.example", "b.example");
	(void)put(*state, "reload", 0, NULL, "a.example");
	(void)put(*state, "forget", 0, NULL, NULL);

	assert_last_of(*state, "a.example", 2);
	assert_last_of(*state, "b.example", 1);
}

static enum err stop(void *context, const struct audit_entry *entry)
{
	(void)entry;
	(*(unsigned *)context)++;
	return ERR_EXISTS;
}

static enum err stop_change(void *context, const struct audit_change *change)
{
	(void)change;
	(*(unsigned *)context)++;
	return ERR_EXISTS;
}

static void who_has_read_enough_stops(void **state)
{
	struct storing *storing = *state;
	unsigned called = 0;

	(void)put(*state, "none", 0, "a.example", "b.example");
	(void)put(*state, "none", 0, "a.example", "b.example");

	assert_int_equal(audit_each(storing->store, INT64_MAX, 100, stop, &called), ERR_EXISTS);
	assert_int_equal(audit_each_change(storing->store, 1, -1, stop_change, &called), ERR_EXISTS);
	assert_int_equal(called, 2);
	(void)storing_publish(storing, "a.example", "3", 3000);
}

static void a_domain_stands_in_an_entry_once(void **state)
{
	const struct audit_entry entry = { .who = "w", .command = "none", .reason = "" };
	const struct audit_change change = { .domain = "a.example", .before = "1", .after = "2" };
	struct store_txn *txn = storing_begin(*state);
	int64_t number;

	assert_int_equal(audit_put(txn, &entry, &number), ERR_OK);
	assert_int_equal(audit_put_change(txn, number, &change), ERR_OK);
	assert_int_equal(audit_put_change(txn, number, &change), ERR_STORE);
	store_rollback(&txn);

	assert_entries(*state, INT64_MAX, 100, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, storing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_entry_keeps_who_what_when_and_why),
		TEST(entries_are_read_page_by_page),
		TEST(changes_are_read_by_name_as_many_as_are_asked_for),
		TEST(the_switch_of_before_is_kept_whole),
		TEST(a_domain_whose_number_is_known_is_not_looked_for_by_its_name),
		TEST(a_forgotten_domain_has_no_id_afterwards),
		TEST(a_switch_of_before_that_is_damaged_is_not_known),
		TEST(the_last_order_is_the_last_that_switched_something),
		TEST(the_last_of_a_domain_is_whatever_changed_it),
		TEST(who_has_read_enough_stops),
		TEST(a_domain_stands_in_an_entry_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
