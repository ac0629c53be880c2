/* SPDX-License-Identifier: ISC */
#include "storing.h"

#include "base/text.h"
#include "store/observations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define A "a.example"

/* What one look saw, at up to two servers. */
struct look {
	time_t at;
	const char *published;
	enum verdict verdict; /* right when it is not told */
	bool keeps;
	const char *id[2]; /* at each server; NULL: no record stands there */
	uint32_t ttl;
};

static void look(struct storing *storing, struct look look)
{
	enum verdict verdict = look.verdict != 0 ? look.verdict : VERDICT_RIGHT;
	char ids[2][1][ID_SIZE] = { 0 };
	struct observed_answer server[2] = { { .server = "ns1.example.net", .address = "192.0.2.1" },
					     { .server = "ns2.example.net", .address = "192.0.2.2" } };
	const struct observation observation = { .at = look.at,
						 .id = look.published,
						 .verdict = verdict,
						 .error = "",
						 .keeps = look.keeps,
						 .server = server,
						 .server_count = 2 };
	struct store_txn *txn = storing_begin(storing);

	for (unsigned i = 0; i < 2; i++) {
		server[i].said = "";
		server[i].verdict = verdict;
		server[i].id = (const char(*)[ID_SIZE])ids[i];
		if (look.id[i] == NULL)
			continue;
		memcpy(ids[i][0], look.id[i], strlen(look.id[i]) + 1);
		server[i].id_count = 1;
		server[i].ttl = look.ttl;
	}
	assert_int_equal(observations_put(txn, A, &observation), ERR_OK);
	storing_commit(&txn);
}

static void see(struct storing *storing, const char *published, time_t at)
{
	look(storing, (struct look){ .at = at, .published = published, .id = { published, published } });
}

static time_t seen_at(struct storing *storing, const char *id)
{
	struct storing_row rows[STORING_ROWS];
	size_t count = storing_history(storing, A, rows);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].id, id) == 0)
			return rows[i].seen_at;
	}
	fail_msg("no revision %s", id);
	return 0;
}

static void the_first_look_that_is_right_everywhere_begins_and_later_ones_keep_it(void **state)
{
	(void)storing_publish(*state, A, "1", 1000);
	see(*state, "1", 1100);
	assert_int_equal(seen_at(*state, "1"), 1100);

	see(*state, "1", 1200);
	assert_int_equal(seen_at(*state, "1"), 1100);
}

static void whatever_else_stands_there_ends_it(void **state)
{
	static const enum verdict wrongs[] = { VERDICT_MISSING, VERDICT_MALFORMED, VERDICT_OTHER_TEXT,
					       VERDICT_TWO_RECORDS, VERDICT_OLD_ID };

	(void)storing_publish(*state, A, "1", 1000);
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
		time_t at = 1100 + (time_t)i * 10;

		see(*state, "1", at);
		assert_int_equal(seen_at(*state, "1"), at);
		look(*state, (struct look){ .at = at + 5, .published = "1", .verdict = wrongs[i] });
		assert_int_equal(seen_at(*state, "1"), 0);
	}
}

static void a_look_that_keeps_what_was_seen_neither_begins_nor_ends_it(void **state)
{
	struct look nobody = { .at = 1100, .published = "1", .verdict = VERDICT_UNREACHABLE, .keeps = true };

	(void)storing_publish(*state, A, "1", 1000);
	look(*state, nobody);
	assert_int_equal(seen_at(*state, "1"), 0);

	see(*state, "1", 1200);
	look(*state, nobody);
	nobody.verdict = VERDICT_MISSING;
	look(*state, nobody);
	assert_int_equal(seen_at(*state, "1"), 1200);
}

static enum err copy_right_at(void *context, const struct observation *observation)
{
	*(time_t *)context = observation->right_at;
	return ERR_OK;
}

static time_t right_at(struct storing *storing)
{
	time_t at = -1;

	assert_int_equal(observations_last(storing->store, A, copy_right_at, &at), ERR_OK);
	return at;
}

static void the_last_look_that_was_right_is_known_as_long_as_what_it_saw_stands(void **state)
{
	const struct look nobody = {
		.at = 1500, .published = "1", .verdict = VERDICT_UNREACHABLE, .keeps = true
	};
	const struct look wrong = { .at = 1600, .published = "1", .verdict = VERDICT_MISSING };

	(void)storing_publish(*state, A, "1", 1000);
	look(*state, nobody);
	assert_int_equal(right_at(*state), 0);
	see(*state, "1", 1100);
	assert_int_equal(right_at(*state), 1100);
	see(*state, "1", 1200);
	look(*state, nobody);
	look(*state, nobody);
	assert_int_equal(right_at(*state), 1200);

	look(*state, wrong);
	assert_int_equal(right_at(*state), 0);
	look(*state, nobody);
	assert_int_equal(right_at(*state), 0);
}

static void a_right_look_at_what_was_published_before_is_none_of_what_is_published_now(void **state)
{
	(void)storing_publish(*state, A, "1", 1000);
	see(*state, "1", 1100);
	(void)storing_publish(*state, A, "2", 2000);
	look(*state,
	     (struct look){ .at = 2100, .published = "2", .verdict = VERDICT_UNREACHABLE, .keeps = true });

	assert_int_equal(right_at(*state), 0);
}

static void what_was_seen_stays_seen_when_the_next_revision_comes(void **state)
{
	(void)storing_publish(*state, A, "1", 1000);
	see(*state, "1", 1100);
	(void)storing_publish(*state, A, "2", 2000);
	look(*state,
	     (struct look){ .at = 2100, .published = "2", .verdict = VERDICT_OLD_ID, .id = { "1", "1" } });

	assert_int_equal(seen_at(*state, "1"), 1100);
	assert_int_equal(seen_at(*state, "2"), 0);
}

static void fill_four(struct storing *storing)
{
	static const char *const ids[] = { "1", "2", "3", "4" };

	for (int i = 0; i < 4; i++) {
		(void)storing_publish(storing, A, ids[i], 1000 * (i + 1));
		see(storing, ids[i], 1000 * (i + 1) + 100);
	}
}

static void an_older_id_at_one_server_ends_everything_younger(void **state)
{
	fill_four(*state);
	look(*state,
	     (struct look){ .at = 5000, .published = "4", .verdict = VERDICT_OLD_ID, .id = { "4", "2" } });

	assert_int_equal(seen_at(*state, "1"), 1100);
	assert_int_equal(seen_at(*state, "2"), 2100);
	assert_int_equal(seen_at(*state, "3"), 0);
	assert_int_equal(seen_at(*state, "4"), 0);
}

static void an_older_id_beside_something_else_ends_everything_younger(void **state)
{
	static const enum verdict verdicts[] = { VERDICT_TWO_RECORDS, VERDICT_OTHER_TEXT };

	fill_four(*state);
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		see(*state, "4", 4500);
		look(*state,
		     (struct look){
			     .at = 5000, .published = "4", .verdict = verdicts[i], .id = { "3", NULL } });
		assert_int_equal(seen_at(*state, "3"), 3100);
		look(*state,
		     (struct look){
			     .at = 5000, .published = "4", .verdict = verdicts[i], .id = { "2", NULL } });
		assert_int_equal(seen_at(*state, "3"), 0);
		storing_sql(((struct storing *)*state)->scratch,
			    "UPDATE revision SET seen_at = 3100 WHERE id = '3'");
		storing_reopen(*state);
	}
}

static void an_id_that_nobody_here_published_ends_everything(void **state)
{
	fill_four(*state);
	look(*state,
	     (struct look){
		     .at = 5000, .published = "4", .verdict = VERDICT_OLD_ID, .id = { "4", "foreign" } });

	assert_int_equal(storing_number(((struct storing *)*state)->scratch,
					"SELECT count(*) FROM revision WHERE seen_at IS NOT NULL"),
			 0);
}

static void another_domain_is_left_alone(void **state)
{
	(void)storing_publish(*state, "b.example", "1", 1000);
	storing_sql(((struct storing *)*state)->scratch, "UPDATE revision SET seen_at = 77");
	storing_reopen(*state);
	(void)storing_publish(*state, A, "1", 1000);
	look(*state, (struct look){ .at = 1100,
				    .published = "1",
				    .verdict = VERDICT_OLD_ID,
				    .id = { "foreign", "foreign" },
				    .ttl = 99 });

	assert_int_equal(storing_published(*state, "b.example").seen_at, 77);
	assert_int_equal(storing_published(*state, "b.example").ttl, 0);
}

static void the_longest_ttl_of_an_id_is_kept_at_whatever_server_it_stood(void **state)
{
	struct storing_row rows[STORING_ROWS];

	(void)storing_publish(*state, A, "1", 1000);
	look(*state, (struct look){ .at = 1100, .published = "1", .id = { "1", "1" }, .ttl = 3600 });
	(void)storing_publish(*state, A, "2", 2000);
	look(*state, (struct look){ .at = 2100,
				    .published = "2",
				    .verdict = VERDICT_OLD_ID,
				    .id = { NULL, "1" },
				    .ttl = 7200 });
	look(*state, (struct look){ .at = 2200,
				    .published = "2",
				    .verdict = VERDICT_OLD_ID,
				    .id = { "2", "1" },
				    .ttl = 300 });

	assert_int_equal(storing_history(*state, A, rows), 2);
	assert_int_equal(rows[0].ttl, 300);
	assert_int_equal(rows[1].ttl, 7200);
}

static enum err copy_look(void *context, const struct observation *look)
{
	struct text *list = context;

	return text_appendf(list, "%lld %s %s %s", (long long)look->at, look->id, verdict_text(look->verdict),
			    look->error);
}

static enum err copy_server(void *context, const struct observed_answer *server)
{
	assert_int_equal(server->id_count, 0);
	return text_appendf(context, ", %s %s %s %u %s", server->server, server->address,
			    verdict_text(server->verdict), server->ttl, server->said);
}

static void assert_last(struct storing *storing, const char *expected)
{
	struct text list = { 0 };

	assert_int_equal(text_append(&list, "", 0), ERR_OK);
	assert_int_equal(observations_last(storing->store, A, copy_look, &list), ERR_OK);
	assert_int_equal(observations_each_server(storing->store, A, copy_server, &list), ERR_OK);
	assert_string_equal(list.bytes, expected);
	text_free(&list);
}

static void put_many(struct storing *storing, time_t at, size_t count)
{
	static const struct observed_answer server[] = {
		{ .server = "ns2.example.net",
		  .address = "192.0.2.2",
		  .verdict = VERDICT_MISSING,
		  .ttl = 0,
		  .said = "" },
		{ .server = "ns1.example.net",
		  .address = "2001:db8::1",
		  .verdict = VERDICT_SKIPPED,
		  .ttl = 0,
		  .said = "" },
		{ .server = "ns1.example.net",
		  .address = "192.0.2.1",
		  .verdict = VERDICT_RIGHT,
		  .ttl = 300,
		  .said = "v=STSv1; id=1;" },
	};
	const struct observation observation = { .at = at,
						 .id = "1",
						 .verdict = VERDICT_MISSING,
						 .error = "only half",
						 .server = server,
						 .server_count = count };
	struct store_txn *txn = storing_begin(storing);

	assert_int_equal(observations_put(txn, A, &observation), ERR_OK);
	storing_commit(&txn);
}

static void the_last_look_is_read_back_with_its_servers_in_their_order(void **state)
{
	(void)storing_publish(*state, A, "1", 1000);
	assert_last(*state, "");
	put_many(*state, 1100, 3);
	storing_reopen(*state);

	assert_last(*state, "1100 1 missing only half, ns2.example.net 192.0.2.2 missing 0 "
			    ", ns1.example.net 2001:db8::1 skipped 0 "
			    ", ns1.example.net 192.0.2.1 right 300 v=STSv1; id=1;");
}

static void a_look_takes_the_place_of_the_one_before(void **state)
{
	(void)storing_publish(*state, A, "1", 1000);
	put_many(*state, 1100, 3);
	put_many(*state, 1200, 1);

	assert_last(*state, "1200 1 missing only half, ns2.example.net 192.0.2.2 missing 0 ");
}

static void a_look_can_be_forgotten(void **state)
{
	struct store_txn *txn;

	(void)storing_publish(*state, A, "1", 1000);
	put_many(*state, 1100, 3);
	txn = storing_begin(*state);
	assert_int_equal(observations_remove(txn, A), ERR_OK);
	storing_commit(&txn);

	assert_last(*state, "");
}

static void a_damaged_verdict_is_as_if_nobody_had_been_heard(void **state)
{
	(void)storing_publish(*state, A, "1", 1000);
	put_many(*state, 1100, 0);
	storing_sql(((struct storing *)*state)->scratch, "UPDATE observation SET verdict = 'rigth'");

	assert_last(*state, "1100 1 unreachable only half");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, storing_setup, storing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_look_that_is_right_everywhere_begins_and_later_ones_keep_it),
		TEST(whatever_else_stands_there_ends_it),
		TEST(a_look_that_keeps_what_was_seen_neither_begins_nor_ends_it),
		TEST(the_last_look_that_was_right_is_known_as_long_as_what_it_saw_stands),
		TEST(a_right_look_at_what_was_published_before_is_none_of_what_is_published_now),
		TEST(what_was_seen_stays_seen_when_the_next_revision_comes),
		TEST(an_older_id_at_one_server_ends_everything_younger),
		TEST(an_older_id_beside_something_else_ends_everything_younger),
		TEST(an_id_that_nobody_here_published_ends_everything),
		TEST(another_domain_is_left_alone),
		TEST(the_longest_ttl_of_an_id_is_kept_at_whatever_server_it_stood),
		TEST(the_last_look_is_read_back_with_its_servers_in_their_order),
		TEST(a_look_takes_the_place_of_the_one_before),
		TEST(a_look_can_be_forgotten),
		TEST(a_damaged_verdict_is_as_if_nobody_had_been_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
