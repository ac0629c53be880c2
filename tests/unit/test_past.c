/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; controlling */
/* What another host may have published before this one counts, until somebody knows. */
#include "controlling.h"

#include "core/registry_private.h"
#include "evidence/retirement.h"
#include "policy/retire.h"
#include "store/past.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DOMAIN "new.example.net"
#define FIRST  "20261123160000"
#define SECOND "20261123160001"
#define WEEK   604800
/* From when the new id is right everywhere. */
#define OWN_END  (RETIRE_TTL_UNKNOWN + WEEK + RETIRE_MARGIN)
#define LAST_END (RETIRE_TTL_UNKNOWN + (time_t)POLICY_MAX_AGE_LIMIT + RETIRE_MARGIN)
#define SAY      "{\"domains\": [\"" DOMAIN "\"]}"

/* A domain of which nobody says where it comes from. */
static void publish(struct controlling *fix, enum mode mode)
{
	const char *mx = mode != MODE_NONE ? "mail.example.net" : NULL;

	fix->hosting->moved_in = true;
	assert_int_equal(hosting_publish(fix->hosting, hosting_configured(DOMAIN, mode, mx, "")), ERR_OK);
	fix->hosting->moved_in = false;
}

static struct retirement find(struct controlling *fix)
{
	const struct domain *domain = registry_domain(fix->hosting->registry, DOMAIN);
	struct retirement retirement;

	assert_int_equal(retirement_of(fix->hosting->store, domain, hosting_now, HOSTING_NOW, &retirement),
			 ERR_OK);
	return retirement;
}

static bool is_unknown(struct controlling *fix)
{
	bool unknown;

	assert_int_equal(past_is_unknown(fix->hosting->store, DOMAIN, &unknown), ERR_OK);
	return unknown;
}

static void turn_off(struct controlling *fix)
{
	const struct hosting_switch none = hosting_none();

	assert_int_equal(hosting_order(fix->hosting, DOMAIN, &none), ERR_OK);
}

static void say(struct controlling *fix, unsigned status)
{
	json_decref(controlling_ask(fix, METHOD_POST, "/v1/nothing-before", SAY, status));
}

static void assert_drains(struct controlling *fix, time_t end, bool unknown)
{
	struct retirement retirement = find(fix);

	assert_string_equal(retirement_text(retirement.state), "draining");
	assert_int_equal(retirement.safe_at, end);
	assert_int_equal(retirement.held.unknown_before, unknown);
}

static void a_domain_that_was_never_anything_but_none_is_not_safe_at_once(void **state)
{
	struct controlling *fix = *state;

	publish(fix, MODE_NONE);
	hosting_look(fix->hosting, DOMAIN, FIRST);
	assert_drains(fix, HOSTING_NOW + LAST_END, true);
	assert_int_equal(find(fix).else_safe_at, HOSTING_NOW);
	hosting_now += LAST_END - 1;
	hosting_look(fix->hosting, DOMAIN, FIRST);
	assert_string_equal(retirement_text(find(fix).state), "draining");
	hosting_now += 1;
	hosting_look(fix->hosting, DOMAIN, FIRST);
	assert_string_equal(retirement_text(find(fix).state), "safe");
}

static void the_week_of_the_file_is_not_what_senders_may_hold(void **state)
{
	struct controlling *fix = *state;

	publish(fix, MODE_ENFORCE);
	turn_off(fix);
	hosting_look(fix->hosting, DOMAIN, SECOND);
	assert_drains(fix, HOSTING_NOW + LAST_END, true);
	assert_int_equal(find(fix).else_safe_at, HOSTING_NOW + OWN_END);
	assert_int_equal(find(fix).wait, POLICY_MAX_AGE_LIMIT + RETIRE_MARGIN);
}

static void a_look_that_finds_no_record_settles_it(void **state)
{
	struct controlling *fix = *state;

	publish(fix, MODE_ENFORCE);
	hosting_look(fix->hosting, DOMAIN, NULL);
	assert_true(is_unknown(fix));
	hosting_look(fix->hosting, DOMAIN, "");
	assert_false(is_unknown(fix));
	hosting_restart(fix->hosting);
	turn_off(fix);
	hosting_look(fix->hosting, DOMAIN, SECOND);
	assert_drains(fix, HOSTING_NOW + OWN_END, false);
}

/* Who took a record away was not there before it. */
static void no_record_after_there_was_one_settles_nothing(void **state)
{
	struct controlling *fix = *state;

	publish(fix, MODE_ENFORCE);
	hosting_look(fix->hosting, DOMAIN, FIRST);
	hosting_look(fix->hosting, DOMAIN, "");
	hosting_look(fix->hosting, DOMAIN, "");
	assert_true(is_unknown(fix));
	turn_off(fix);
	hosting_look(fix->hosting, DOMAIN, SECOND);
	assert_drains(fix, HOSTING_NOW + LAST_END, true);
}

static void the_word_of_the_operator_settles_it(void **state)
{
	struct controlling *fix = *state;

	publish(fix, MODE_ENFORCE);
	turn_off(fix);
	hosting_look(fix->hosting, DOMAIN, SECOND);
	say(fix, 200);
	assert_drains(fix, HOSTING_NOW + OWN_END, false);
	assert_int_equal(hosting_count(fix->hosting,
				       "SELECT count(*) FROM audit JOIN audit_change ON audit = "
				       "number WHERE command = 'nothing-before'"),
			 1);
	/* Once is enough. */
	say(fix, 200);
	assert_int_equal(
		hosting_count(fix->hosting, "SELECT count(*) FROM audit WHERE command = 'nothing-before'"),
		1);
}

/* Which may have been a typo, and may not. */
static void what_dns_showed_counts_beside_the_word(void **state)
{
	struct controlling *fix = *state;

	publish(fix, MODE_ENFORCE);
	hosting_look(fix->hosting, DOMAIN, "theirs");
	turn_off(fix);
	hosting_look(fix->hosting, DOMAIN, SECOND);
	say(fix, 200);
	assert_false(is_unknown(fix));
	assert_true(find(fix).held.foreign);
	assert_int_equal(find(fix).safe_at, HOSTING_NOW + 300 + (time_t)POLICY_MAX_AGE_LIMIT + RETIRE_MARGIN);
	assert_int_equal(find(fix).else_safe_at, HOSTING_NOW + OWN_END);
}

/* It may have been an enforce of a year under it. */
static void a_typo_is_not_called_harmless_while_the_time_before_is_unknown(void **state)
{
	struct controlling *fix = *state;

	publish(fix, MODE_ENFORCE);
	turn_off(fix);
	hosting_look(fix->hosting, DOMAIN, SECOND);
	hosting_now += 60;
	/* With a TTL of two days it is what is held longest. */
	json_decref(controlling_ask(
		fix, METHOD_POST, "/v1/dns",
		"{\"observations\": [{\"domain\": \"" DOMAIN
		"\", \"servers\": [{\"server\": \"ns1.example.net\", "
		"\"address\": \"192.0.2.1\", \"ttl\": 172800, \"texts\": [\"v=STSv1; id=typo;\"]}]}]}",
		200));
	hosting_now += 60;
	hosting_look(fix->hosting, DOMAIN, SECOND);
	assert_true(find(fix).held.foreign);
	assert_int_equal(find(fix).else_safe_at, hosting_now + LAST_END);
}

/* Until then the policy host may have led to somebody else. */
static void the_time_before_lasts_until_the_first_fetch(void **state)
{
	struct controlling *fix = *state;
	struct revision *served;

	publish(fix, MODE_ENFORCE);
	hosting_look(fix->hosting, DOMAIN, FIRST);
	hosting_now += 300 * 86400;
	served = registry_find(fix->hosting->registry, DOMAIN);
	tally_note(fix->hosting->tally, served, hosting_now);
	assert_int_equal(tally_write(fix->hosting->tally, fix->hosting->store, hosting_now), ERR_OK);
	revision_release(&served);
	turn_off(fix);
	hosting_look(fix->hosting, DOMAIN, registry_domain(fix->hosting->registry, DOMAIN)->published->id);
	assert_drains(fix, hosting_now + LAST_END, true);
}

static void an_adopted_none_says_nothing_of_what_was_before(void **state)
{
	struct controlling *fix = *state;

	json_decref(controlling_ask(fix, METHOD_POST, "/v1/adopt",
				    "{\"domains\": [{\"domain\": \"" DOMAIN
				    "\", \"id\": \"theirs\", \"policy\": "
				    "\"version: STSv1\\nmode: none\\nmax_age: 86400\\n\"}]}",
				    200));
	hosting_look(fix->hosting, DOMAIN, "theirs");
	assert_drains(fix, HOSTING_NOW + LAST_END, true);
}

static void forget_it(struct controlling *fix)
{
	json_decref(controlling_ask(fix, METHOD_POST, "/v1/forget",
				    "{\"domains\": [\"" DOMAIN "\"], \"force\": true}", 200));
}

/* A look finds out what was in between, and nothing of the time before that. */
static void who_comes_back_brings_what_was_not_known_of_him(void **state)
{
	static struct domains none;
	struct controlling *fix = *state;

	fix->host.files->domains = &none;
	publish(fix, MODE_ENFORCE);
	registry_attach(fix->hosting->registry, DOMAIN, NULL, false);
	forget_it(fix);
	publish(fix, MODE_ENFORCE);
	hosting_look(fix->hosting, DOMAIN, "");
	assert_true(is_unknown(fix));
	say(fix, 200);
	registry_attach(fix->hosting->registry, DOMAIN, NULL, false);
	forget_it(fix);
	publish(fix, MODE_ENFORCE);
	assert_true(is_unknown(fix));
	hosting_look(fix->hosting, DOMAIN, "");
	assert_false(is_unknown(fix));
}

static void a_dry_run_of_the_word_settles_nothing(void **state)
{
	struct controlling *fix = *state;

	publish(fix, MODE_ENFORCE);
	json_decref(controlling_ask(fix, METHOD_POST, "/v1/nothing-before",
				    "{\"all\": true, \"dry_run\": true}", 200));
	assert_true(is_unknown(fix));
}

static void the_word_keeps_no_order_from_being_taken_back(void **state)
{
	struct controlling *fix = *state;
	json_t *reply;
	char body[64];

	publish(fix, MODE_ENFORCE);
	reply = controlling_ask(fix, METHOD_POST, "/v1/switch",
				"{\"domains\": [\"" DOMAIN "\"], \"mode\": \"none\"}", 200);
	(void)snprintf(body, sizeof(body), "{\"entry\": %d}",
		       (int)json_integer_value(json_object_get(reply, "audit")));
	json_decref(reply);
	say(fix, 200);
	json_decref(controlling_ask(fix, METHOD_POST, "/v1/undo", body, 200));
	assert_int_equal(registry_domain(fix->hosting->registry, DOMAIN)->published->mode, MODE_ENFORCE);
	assert_false(is_unknown(fix));
}

static void what_is_adopted_settles_it(void **state)
{
	struct controlling *fix = *state;

	publish(fix, MODE_ENFORCE);
	json_decref(controlling_ask(fix, METHOD_POST, "/v1/adopt",
				    "{\"domains\": [{\"domain\": \"" DOMAIN
				    "\", \"id\": \"theirs\", \"policy\": "
				    "\"version: STSv1\\nmode: enforce\\nmax_age: 604800\\nmx: "
				    "mail.example.net\\n\"}]}",
				    200));
	assert_false(is_unknown(fix));
}

/* What is published of it by then may be the same, under the same id. */
static void adopting_what_is_published_already_settles_it(void **state)
{
	struct controlling *fix = *state;

	fix->hosting->moved_in = true;
	assert_int_equal(hosting_publish(fix->hosting, hosting_configured(DOMAIN, MODE_ENFORCE,
									  "mail.example.net", "theirs")),
			 ERR_OK);
	assert_true(is_unknown(fix));
	json_decref(controlling_ask(fix, METHOD_POST, "/v1/adopt",
				    "{\"domains\": [{\"domain\": \"" DOMAIN
				    "\", \"id\": \"theirs\", \"policy\": "
				    "\"version: STSv1\\nmode: enforce\\nmax_age: 604800\\nmx: "
				    "mail.example.net\\n\"}]}",
				    200));
	assert_false(is_unknown(fix));
}

/* The last fetch of the old host's policy is as long ago as the new id is right everywhere. */
static void it_is_over_by_itself_after_a_year(void **state)
{
	struct controlling *fix = *state;
	uint32_t wait;

	publish(fix, MODE_ENFORCE);
	hosting_look(fix->hosting, DOMAIN, FIRST);
	hosting_now += LAST_END;
	assert_int_equal(retirement_wait(fix->hosting->store, DOMAIN, hosting_now, true, &wait), ERR_OK);
	assert_int_equal(wait, WEEK + RETIRE_MARGIN);
}

/* Nobody had asked for a year; the first sender comes the moment before somebody wants to know. */
static void a_fetch_of_a_moment_ago_counts(void **state)
{
	static const struct {
		unsigned method;
		const char *target;
		const char *body;
		unsigned status;
		const char *found;
	} cases[] = {
		{ METHOD_GET, "/v1/domains", "", 200, "\"draining\"" },
		{ METHOD_GET, "/v1/domains/" DOMAIN, "", 200, "\"draining\"" },
		{ METHOD_POST, "/v1/query", SAY, 200, "\"draining\"" },
		{ METHOD_GET, "/v1/status", "", 200, "\"draining\": 1" },
		{ METHOD_POST, "/v1/forget", SAY, 409, "senders may hold the old policy until" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct controlling *fix = *state;
		json_t *json;
		char *said;

		publish(fix, MODE_NONE);
		hosting_look(fix->hosting, DOMAIN, FIRST);
		hosting_now += LAST_END;
		hosting_look(fix->hosting, DOMAIN, FIRST);
		assert_string_equal(retirement_text(find(fix).state), "safe");
		tally_note(fix->hosting->tally, registry_domain(fix->hosting->registry, DOMAIN)->published,
			   hosting_now);
		json = controlling_ask(fix, cases[i].method, cases[i].target, cases[i].body, cases[i].status);
		said = json_dumps(json, 0);
		if (strstr(said, cases[i].found) == NULL)
			fail_msg("%s %s", cases[i].target, said);
		free(said);
		json_decref(json);
		controlling_teardown(state);
		controlling_setup(state);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, controlling_setup, controlling_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_domain_that_was_never_anything_but_none_is_not_safe_at_once),
		TEST(the_week_of_the_file_is_not_what_senders_may_hold),
		TEST(a_look_that_finds_no_record_settles_it),
		TEST(no_record_after_there_was_one_settles_nothing),
		TEST(the_word_of_the_operator_settles_it),
		TEST(what_dns_showed_counts_beside_the_word),
		TEST(a_typo_is_not_called_harmless_while_the_time_before_is_unknown),
		TEST(the_time_before_lasts_until_the_first_fetch),
		TEST(an_adopted_none_says_nothing_of_what_was_before),
		TEST(who_comes_back_brings_what_was_not_known_of_him),
		TEST(a_dry_run_of_the_word_settles_nothing),
		TEST(the_word_keeps_no_order_from_being_taken_back),
		TEST(what_is_adopted_settles_it),
		TEST(adopting_what_is_published_already_settles_it),
		TEST(it_is_over_by_itself_after_a_year),
		TEST(a_fetch_of_a_moment_ago_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
