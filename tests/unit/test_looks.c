/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; commits */
#include "commits.h"
#include "hosting.h"

#include "base/text.h"
#include "evidence/looks.h"
#include "store/observations.h"
#include "store/revisions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DOMAIN  "example.org"
#define FIRST   "20261123160000"
#define SECOND  "20261123160001"
#define RIGHT   "v=STSv1; id=" SECOND ";"
#define OLD     "v=STSv1; id=" FIRST ";"
#define FOREIGN "v=STSv1; id=foreign;"

/* One look at a time; the servers are called n1, n2, ... unless a test says otherwise. */
static struct look *look;
static const struct order by = { .who = "ann (uid 1000)", .reason = "" };

static int setup(void **state)
{
	const struct hosting_switch none = hosting_none();

	commits_reset();
	look = calloc(1, sizeof(*look));
	if (look == NULL || hosting_setup(state) != 0 ||
	    hosting_publish(*state, hosting_configured(DOMAIN, MODE_ENFORCE, "mail.example.org", "")) !=
		    ERR_OK)
		return -1;
	return hosting_order(*state, DOMAIN, &none) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
	free(look);
	look = NULL;
	return hosting_teardown(state);
}

static void begin(const char *domain)
{
	*look = (struct look){ .domain = domain };
}

static struct record_answer *add(const char *name)
{
	struct record_answer *server = &look->answer[look->answers++];

	*server = (struct record_answer){ .server = name, .address = "192.0.2.1", .ttl = 300 };
	return server;
}

/* A server that has these texts, up to a NULL. */
static void says(const char *name, const char *one, const char *two)
{
	struct record_answer *server = add(name);

	if (one != NULL)
		server->texts[server->text_count++] = one;
	if (two != NULL)
		server->texts[server->text_count++] = two;
}

static void fails(const char *name)
{
	add(name)->error = "refused";
}

static void skips(const char *name)
{
	add(name)->skipped = true;
}

static enum err take(struct hosting *hosting)
{
	return looks_take(hosting->registry, hosting->store, &by, look, 1);
}

static enum err list_look(void *context, const struct observation *seen)
{
	return text_appendf(context, "%s %s%s%s", seen->id, verdict_text(seen->verdict),
			    seen->error[0] != '\0' ? " " : "", seen->error);
}

static enum err list_server(void *context, const struct observed_answer *server)
{
	return text_appendf(context, ", %s %s %u%s%s", server->server, verdict_text(server->verdict),
			    server->ttl, server->said[0] != '\0' ? " " : "", server->said);
}

static void assert_last(struct hosting *hosting, const char *domain, const char *expected)
{
	struct text list = { 0 };

	assert_int_equal(text_append(&list, "", 0), ERR_OK);
	assert_int_equal(observations_last(hosting->store, domain, list_look, &list), ERR_OK);
	assert_int_equal(observations_each_server(hosting->store, domain, list_server, &list), ERR_OK);
	assert_string_equal(list.bytes, expected);
	text_free(&list);
}

static enum err take_verdict(void *context, const struct observation *seen)
{
	*(enum verdict *)context = seen->verdict;
	return ERR_OK;
}

static void assert_verdict(struct hosting *hosting, enum verdict expected)
{
	enum verdict verdict = VERDICT_UNKNOWN;

	assert_int_equal(take(hosting), ERR_OK);
	assert_int_equal(observations_last(hosting->store, DOMAIN, take_verdict, &verdict), ERR_OK);
	assert_string_equal(verdict_text(verdict), verdict_text(expected));
}

static enum err take_seen(void *context, const struct history_row *row)
{
	*(time_t *)context = row->seen_at;
	return ERR_EXISTS;
}

/* Since when the published id is seen. */
static time_t seen_at(struct hosting *hosting)
{
	time_t at = -1;

	assert_int_equal(revisions_history(hosting->store, DOMAIN, take_seen, &at), ERR_EXISTS);
	return at;
}

static void each_server_is_judged_and_kept(void **state)
{
	begin(DOMAIN);
	says("n1", RIGHT, NULL);
	says("n2", OLD, NULL);
	says("n3", NULL, NULL);
	says("n4", "v=STSv1; id=x y;", NULL);
	says("n5", "v=spf1 -all", NULL);
	says("n6", RIGHT, OLD);
	fails("n7");
	assert_int_equal(take(*state), ERR_OK);

	assert_last(*state, DOMAIN,
		    SECOND " old_id, n1 right 300 " RIGHT ", n2 old_id 300 " OLD ", n3 missing 0"
			   ", n4 malformed 300 v=STSv1; id=x y;, n5 other_text 300 v=spf1 -all"
			   ", n6 two_records 300 " RIGHT ", n7 unreachable 0 refused");
}

static void the_worst_server_decides(void **state)
{
	/* From the best to the worst: each beats all before it, in whatever order they come. */
	static const struct {
		const char *one;
		const char *two;
		bool fails;
		enum verdict verdict;
	} cases[] = {
		{ RIGHT, NULL, false, VERDICT_RIGHT },        { NULL, NULL, true, VERDICT_UNREACHABLE },
		{ NULL, NULL, false, VERDICT_MISSING },       { "v=STSv1", NULL, false, VERDICT_MALFORMED },
		{ "hello", NULL, false, VERDICT_OTHER_TEXT }, { RIGHT, RIGHT, false, VERDICT_TWO_RECORDS },
		{ OLD, NULL, false, VERDICT_OLD_ID },
	};
	const size_t count = sizeof(cases) / sizeof(*cases);

	for (size_t i = 0; i < count * count; i++) {
		size_t pair[2] = { i / count, i % count };

		begin(DOMAIN);
		for (int k = 0; k < 2; k++) {
			if (cases[pair[k]].fails)
				fails(k == 0 ? "n1" : "n2");
			else
				says(k == 0 ? "n1" : "n2", cases[pair[k]].one, cases[pair[k]].two);
		}
		assert_verdict(*state, cases[pair[0] > pair[1] ? pair[0] : pair[1]].verdict);
	}
}

static void no_server_at_all_is_nobody_heard(void **state)
{
	begin(DOMAIN);
	look->error = "the resolver does not answer";
	assert_int_equal(take(*state), ERR_OK);
	assert_last(*state, DOMAIN, SECOND " unreachable the resolver does not answer");

	begin(DOMAIN);
	assert_verdict(*state, VERDICT_UNREACHABLE);
	assert_int_equal(seen_at(*state), 0);
}

static void with_an_error_there_may_be_more_servers_than_those_heard(void **state)
{
	begin(DOMAIN);
	says("n1", RIGHT, NULL);
	look->error = "more name servers than can be asked";

	assert_verdict(*state, VERDICT_UNREACHABLE);
	assert_int_equal(seen_at(*state), 0);
	says("n2", OLD, NULL);
	assert_verdict(*state, VERDICT_OLD_ID);
}

static void an_address_without_a_way_does_not_count_when_its_server_was_heard(void **state)
{
	begin(DOMAIN);
	skips("n1");
	says("n1", RIGHT, NULL);
	says("n2", RIGHT, NULL);
	skips("n2");
	assert_verdict(*state, VERDICT_RIGHT);
	assert_int_equal(seen_at(*state), HOSTING_NOW);
	assert_last(*state, DOMAIN,
		    SECOND " right, n1 skipped 0, n1 right 300 " RIGHT ", n2 right 300 " RIGHT
			   ", n2 skipped 0");
}

static void a_server_without_any_way_was_not_heard(void **state)
{
	begin(DOMAIN);
	says("n1", RIGHT, NULL);
	skips("n2");
	assert_verdict(*state, VERDICT_UNREACHABLE);

	begin(DOMAIN);
	skips("n1");
	skips("n1");
	assert_verdict(*state, VERDICT_UNREACHABLE);
	assert_int_equal(seen_at(*state), 0);
}

static void a_server_that_failed_at_one_address_was_not_heard_there(void **state)
{
	begin(DOMAIN);
	says("n1", RIGHT, NULL);
	fails("n1");

	assert_verdict(*state, VERDICT_UNREACHABLE);
}

static void what_it_shows_is_compared_with_what_is_published_now(void **state)
{
	struct hosting_switch other = hosting_none();

	begin(DOMAIN);
	says("n1", RIGHT, NULL);
	assert_verdict(*state, VERDICT_RIGHT);
	other.to.max_age = 3600;
	assert_int_equal(hosting_order(*state, DOMAIN, &other), ERR_OK);
	assert_verdict(*state, VERDICT_OLD_ID);
}

/* Published: first seen, second seen, third published. */
static void assert_unsees_the_second(struct hosting *hosting, const char *one, const char *two, bool expected)
{
	struct hosting_switch other = hosting_none();

	begin(DOMAIN);
	says("n1", RIGHT, NULL);
	assert_int_equal(take(hosting), ERR_OK);
	other.to.max_age = 3600;
	assert_int_equal(hosting_order(hosting, DOMAIN, &other), ERR_OK);
	begin(DOMAIN);
	says("n1", one, two);
	assert_int_equal(take(hosting), ERR_OK);

	assert_int_equal(hosting_count(hosting, "SELECT count(*) FROM revision WHERE id = '" SECOND
						"' AND seen_at IS NULL"),
			 expected);
}

static void an_older_id_ends_what_is_younger(void **state)
{
	assert_unsees_the_second(*state, OLD, NULL, true);
}

static void an_older_id_beside_other_text_ends_what_is_younger(void **state)
{
	assert_unsees_the_second(*state, "v=spf1 -all", OLD, true);
}

static void an_older_id_beside_the_right_one_ends_what_is_younger(void **state)
{
	assert_unsees_the_second(*state, "v=STSv1; id=20261123160002;", OLD, true);
}

static void a_foreign_id_ends_everything(void **state)
{
	assert_unsees_the_second(*state, FOREIGN, NULL, true);
}

static void the_id_of_before_keeps_itself_and_what_is_older(void **state)
{
	assert_unsees_the_second(*state, RIGHT, NULL, false);
}

static void no_record_ends_nothing_but_the_newest(void **state)
{
	assert_unsees_the_second(*state, NULL, NULL, false);
}

static void what_a_server_said_is_escaped(void **state)
{
	begin(DOMAIN);
	says("n1", "a\nb\"", NULL);
	assert_int_equal(take(*state), ERR_OK);

	assert_last(*state, DOMAIN, SECOND " other_text, n1 other_text 300 a\\x0ab\\x22");
}

static void a_ttl_beyond_what_resolvers_keep_is_cut(void **state)
{
	begin(DOMAIN);
	says("n1", RIGHT, NULL);
	look->answer[0].ttl = UINT32_MAX;
	assert_int_equal(take(*state), ERR_OK);

	assert_last(*state, DOMAIN, SECOND " right, n1 right 604800 " RIGHT);
}

static void most_servers_with_most_texts_fit(void **state)
{
	begin(DOMAIN);
	for (size_t i = 0; i < RECORD_SERVERS_MAX; i++) {
		struct record_answer *server = add("n1");

		while (server->text_count < RECORD_TEXTS_MAX)
			server->texts[server->text_count++] = OLD;
	}

	assert_verdict(*state, VERDICT_TWO_RECORDS);
	assert_int_equal(hosting_count(*state, "SELECT count(*) FROM observation_server"),
			 RECORD_SERVERS_MAX);
}

static void a_domain_that_is_gone_meanwhile_is_passed_over(void **state)
{
	struct hosting *hosting = *state;
	struct look *two = calloc(2, sizeof(*two));

	assert_non_null(two);
	two[0].domain = "gone.example";
	two[1].domain = DOMAIN;
	assert_int_equal(looks_take(hosting->registry, hosting->store, &by, two, 2), ERR_OK);
	free(two);

	assert_last(hosting, "gone.example", "");
	assert_last(hosting, DOMAIN, SECOND " unreachable");
}

/* Evidence can be gathered again; the reserve is for orders. */
static void a_full_disk_keeps_its_reserve_from_looks(void **state)
{
	begin(DOMAIN);
	says("n1", RIGHT, NULL);
	commits_fault[0] = ERR_STORE;
	commits_room = true;
	commits_count = 0;

	assert_int_equal(take(*state), ERR_STORE);
	assert_int_equal(commits_count, 1);
}

static void all_looks_are_stored_or_none(void **state)
{
	struct hosting *hosting = *state;

	begin(DOMAIN);
	says("n1", RIGHT, NULL);
	commits_fault[0] = ERR_STORE;
	assert_int_equal(take(hosting), ERR_STORE);

	assert_last(hosting, DOMAIN, "");
	assert_int_equal(seen_at(hosting), 0);
}

static void an_unknown_commit_is_said(void **state)
{
	begin(DOMAIN);
	says("n1", RIGHT, NULL);
	commits_fault[0] = ERR_UNKNOWN;

	assert_int_equal(take(*state), ERR_UNKNOWN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_server_is_judged_and_kept),
		TEST(the_worst_server_decides),
		TEST(no_server_at_all_is_nobody_heard),
		TEST(with_an_error_there_may_be_more_servers_than_those_heard),
		TEST(an_address_without_a_way_does_not_count_when_its_server_was_heard),
		TEST(a_server_without_any_way_was_not_heard),
		TEST(a_server_that_failed_at_one_address_was_not_heard_there),
		TEST(what_it_shows_is_compared_with_what_is_published_now),
		TEST(an_older_id_ends_what_is_younger),
		TEST(an_older_id_beside_other_text_ends_what_is_younger),
		TEST(an_older_id_beside_the_right_one_ends_what_is_younger),
		TEST(a_foreign_id_ends_everything),
		TEST(the_id_of_before_keeps_itself_and_what_is_older),
		TEST(no_record_ends_nothing_but_the_newest),
		TEST(what_a_server_said_is_escaped),
		TEST(a_ttl_beyond_what_resolvers_keep_is_cut),
		TEST(most_servers_with_most_texts_fit),
		TEST(a_domain_that_is_gone_meanwhile_is_passed_over),
		TEST(a_full_disk_keeps_its_reserve_from_looks),
		TEST(all_looks_are_stored_or_none),
		TEST(an_unknown_commit_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
