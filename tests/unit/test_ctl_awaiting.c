/* SPDX-License-Identifier: ISC */
/* wrap: clock_now */
#include "ctl/show/awaiting.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

__typeof__(clock_now) __wrap_clock_now;

/* 2026-12-01T04:10:00Z, and so many seconds. */
static time_t since;

time_t __wrap_clock_now(void)
{
	return (time_t)1796098200 + since;
}

#define ORDER(domain, state, at, detail)                                                                     \
	"{\"domain\":\"" domain "\",\"state\":\"" state "\",\"at\":" at ",\"detail\":" detail "}"
#define ORDERING(reported, problem, detail, next, states, domains)                                           \
	"{\"reported\":" reported ",\"problem\":" problem ",\"detail\":" detail ",\"next\":" next            \
	",\"states\":{" states "},\"domains\":[" domains "]}"
#define ROUND                   "\"2026-12-01T04:10:00Z\""
#define NEXT                    "\"2026-12-01T05:00:00Z\""
#define STATES(states, domains) ORDERING(ROUND, "null", "null", "null", states, domains)
#define PROBLEM(problem)        ORDERING(ROUND, "\"" problem "\"", "\"HTTP 503\"", NEXT, "", "")
#define NOTHING                 ORDERING("null", "null", "null", "null", "\"failed\":0,\"due\":0", "")

/* The line of the status and the advice, one behind the other; freed with free(). */
static char *said(const char *json, json_int_t uncovered)
{
	json_t *ordering = json_loads(json, 0, NULL), *names = json_pack("[s]", "a.example");
	struct api_covering all = { .uncovered = uncovered, .uncovered_domains = names };
	struct table table = { .columns = 2 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (uncovered == 0)
		(void)json_array_clear(names);
	assert_int_equal(shape_read(&shape_ordering, ordering, &all.ordering), ERR_OK);
	awaiting_put(&table, &all);
	assert_int_equal(table_end(&table, "", out), ERR_OK);
	if (awaiting_has_advice(&all)) {
		(void)fputs("next: ", out);
		awaiting_advise(out, &all);
	}
	(void)fclose(out);
	json_decref(ordering);
	json_decref(names);
	return text;
}

static void assert_said(const char *json, json_int_t uncovered, const char *expected)
{
	char *text = said(json, uncovered);

	assert_string_equal(text, expected);
	free(text);
}

static int at_the_round(void **state)
{
	(void)state;
	since = 0;
	return 0;
}

static void what_nobody_reported_is_not_known_and_only_said_when_something_is_missing(void **state)
{
	(void)state;
	assert_said(NOTHING, 1, "ordering  not known yet: no round was reported since the start\n");
	assert_said(NOTHING, 0, "");
}

static void a_daemon_of_before_says_nothing_of_it(void **state)
{
	struct api_covering all = { .uncovered = 1 };
	struct table table = { .columns = 2 };

	(void)state;
	awaiting_put(&table, &all);
	assert_int_equal(table.cells.len, 0);
	assert_false(awaiting_has_advice(&all));
	assert_int_equal(table_end(&table, "", NULL), ERR_OK);
}

static void states_are_counted_and_the_worst_is_advised_on(void **state)
{
	(void)state;
	assert_said(STATES("\"failed\":1,\"elsewhere\":0,\"due\":2",
			   ORDER("b.example", "failed", NEXT, "\"no\\u0007\"")),
		    1,
		    "ordering  1 failed, 2 due; last round at 2026-12-01T04:10:00Z\n"
		    "next: correct what the authority says of mta-sts.b.example\n"
		    "  no\\x07\n"
		    "it is tried again at 2026-12-01T05:00:00Z\n"
		    "at once, by hand: mta-stsctl cert obtain b.example\n");
}

static void every_state_has_an_advice_of_its_own(void **state)
{
	static const char *const first[][2] = {
		{ "failed", "correct what the authority says of mta-sts.b.example\n" },
		{ "forbidden",
		  "let the authority issue for mta-sts.b.example, which a CAA record forbids\n" },
		{ "elsewhere", "have each address of mta-sts.b.example lead here, or take it out of DNS\n"
			       "one that leads here for everybody but this machine (NAT): acme.addresses in "
			       "mta-stsd.conf(5)\n" },
		{ "no_address",
		  "publish where mta-sts.b.example is: a record for each address of this host\n" },
		{ "unreached", "let everybody reach port 443 of mta-sts.b.example (firewall, router)\n" },
		{ "unknown", "find out why DNS does not say where mta-sts.b.example is\n" },
		{ "limited",
		  "wait: mta-sts.b.example gets its certificate when the authority allows another\n" },
		{ "due", "wait: mta-sts.b.example gets its certificate by itself\n" },
		{ "bewitched", "see what keeps certificates: mta-stsctl cert list\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++) {
		json_t *order = json_pack("{s: s, s: s}", "domain", "b.example", "state", first[i][0]);
		json_t *json = json_pack("{s: s, s: n, s: n, s: n, s: {}, s: [o]}", "reported",
					 "2026-12-01T04:10:00Z", "problem", "detail", "next", "states",
					 "domains", order);
		char *dump = json_dumps(json, 0), *text = said(dump, 1);
		const char *next = strstr(text, "next: ");

		assert_non_null(next);
		assert_int_equal(strncmp(next + strlen("next: "), first[i][1], strlen(first[i][1])), 0);
		/* What is not known leaves no line of its own. */
		assert_null(strstr(next, "  \n"));
		assert_null(strstr(next, " at \n"));
		free(dump);
		free(text);
		json_decref(json);
	}
}

static void a_renewal_that_waits_asks_nothing_of_anybody_and_one_that_fails_does(void **state)
{
	(void)state;
	assert_said(STATES("\"due\":1", ORDER("b.example", "due", "null", "null")), 0,
		    "ordering  1 due; last round at 2026-12-01T04:10:00Z\n");
	assert_said(STATES("\"unreached\":1", ORDER("b.example", "unreached", "null", "null")), 0,
		    "ordering  1 unreached; last round at 2026-12-01T04:10:00Z\n"
		    "next: let everybody reach port 443 of mta-sts.b.example (firewall, router)\n");
}

static void a_problem_comes_before_the_states(void **state)
{
	(void)state;
	assert_said(ORDERING(ROUND, "\"authority_silent\"", "\"HTTP 503\"", NEXT, "\"failed\":1",
			     ORDER("b.example", "failed", NEXT, "null")),
		    1,
		    "ordering  NOTHING IS ORDERED: the authority does not answer: HTTP 503, next try "
		    "2026-12-01T05:00:00Z (at 2026-12-01T04:10:00Z)\n"
		    "next: find out why the authority does not answer: network, DNS, firewall, or its own\n"
		    "  HTTP 503\n"
		    "it is tried again at 2026-12-01T05:00:00Z\n");
	assert_said(ORDERING(ROUND, "\"no_account\"", "null", "null", "", ""), 1,
		    "ordering  NOTHING IS ORDERED: nobody has agreed to the terms of an authority yet "
		    "(at 2026-12-01T04:10:00Z)\n"
		    "next: agree to the terms of an authority, once; without --agree they are shown\n"
		    "  mta-stsctl cert obtain --agree --email postmaster@a.example\n");
}

static void every_problem_has_an_advice(void **state)
{
	static const char *const codes[] = {
		PROBLEM("no_account"), PROBLEM("account"), PROBLEM("uacme"),
		PROBLEM("ledger"),     PROBLEM("other"),   PROBLEM("bewitched")
	};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		char *text = said(codes[i], 0);

		assert_non_null(strstr(text, "ordering  NOTHING IS ORDERED: "));
		assert_non_null(strstr(text, "\nnext: "));
		free(text);
	}
}

static void rounds_that_come_no_more_are_noticed_after_an_hour(void **state)
{
	(void)state;
	since = 3600;
	assert_said(STATES("", ""), 0, "ordering  nothing is kept; last round at 2026-12-01T04:10:00Z\n");
	since = 3601;
	assert_said(STATES("", ""), 0,
		    "ordering  nothing is kept; last round at 2026-12-01T04:10:00Z, NONE SINCE\n"
		    "next: find out why no certificate is ordered any more: systemctl list-timers\n");
}

static void nothing_but_a_domain_gets_into_a_line_for_a_shell(void **state)
{
	(void)state;
	assert_said(STATES("\"failed\":1", ORDER("b.example;reboot", "failed", "null", "null")), 1,
		    "ordering  1 failed; last round at 2026-12-01T04:10:00Z\n"
		    "next: see what keeps certificates: mta-stsctl cert list\n");
}

static void what_keeps_one_is_a_sentence(void **state)
{
	static const struct {
		struct api_certificate_order order;
		const char *words;
	} cases[] = {
		{ { "a.example", "failed", "2026-12-01T05:00:00Z", "HTTP 500" },
		  "the last order failed, next try 2026-12-01T05:00:00Z: HTTP 500" },
		{ { "a.example", "limited", "2026-12-01T05:00:00Z", NULL },
		  "a limit of the authority is met, until 2026-12-01T05:00:00Z" },
		{ { "a.example", "due", "", NULL }, "it waits for its turn" },
		{ { "a.example", "bewitched", "2026-12-01T05:00:00Z", "by a witch" },
		  "bewitched, at 2026-12-01T05:00:00Z: by a witch" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct text text = { 0 };

		assert_int_equal(awaiting_say(&cases[i].order, &text), ERR_OK);
		assert_string_equal(text.bytes, cases[i].words);
		text_free(&text);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, at_the_round)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_nobody_reported_is_not_known_and_only_said_when_something_is_missing),
		TEST(a_daemon_of_before_says_nothing_of_it),
		TEST(states_are_counted_and_the_worst_is_advised_on),
		TEST(every_state_has_an_advice_of_its_own),
		TEST(a_renewal_that_waits_asks_nothing_of_anybody_and_one_that_fails_does),
		TEST(a_problem_comes_before_the_states),
		TEST(every_problem_has_an_advice),
		TEST(rounds_that_come_no_more_are_noticed_after_an_hour),
		TEST(nothing_but_a_domain_gets_into_a_line_for_a_shell),
		TEST(what_keeps_one_is_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
