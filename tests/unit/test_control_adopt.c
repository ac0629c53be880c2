/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; controlling */
/* POST /v1/adopt: what another host served goes on under its id, all of an order or nothing. */
#include "controlling.h"

#include "evidence/retirement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define POLICY(mode) POLICY_OF(mode, "604800")
#define POLICY_OF(mode, max_age)                                                                             \
	"version: STSv1\\nmode: " mode "\\nmax_age: " max_age "\\nmx: mail.example.net\\n"
#define THEIRS                                                                                               \
	BODY("{\"domain\": \"a.example.org\", \"policy\": \"" POLICY_OF(                                     \
		"testing", "1209600") "\", \"id\": \"theirs\"}")
#define ROW(domain, mode, id)                                                                                \
	"{\"domain\": \"" domain "\", \"policy\": \"" POLICY(mode) "\", \"id\": \"" id "\"}"
#define BODY(rows) "{\"domains\": [" rows "]}"

static void ask(struct controlling *fix, const char *body, unsigned status)
{
	json_decref(controlling_ask(fix, METHOD_POST, "/v1/adopt", body, status));
}

static const struct domain *find(const struct controlling *fix, const char *name)
{
	return registry_domain(fix->hosting->registry, name);
}

static void what_nobody_knew_is_served_under_its_id(void **state)
{
	struct controlling *fix = *state;

	ask(fix, BODY(ROW("New.Example.NET.", "enforce", "old1")), 200);
	assert_string_equal(find(fix, "new.example.net")->published->id, "old1");
	assert_int_equal(find(fix, "new.example.net")->published->mode, MODE_ENFORCE);
	hosting_restart(fix->hosting);
	assert_string_equal(find(fix, "new.example.net")->published->id, "old1");
	assert_int_equal(hosting_count(fix->hosting, "SELECT count(*) FROM revision WHERE adopted"), 1);
}

static void asking_twice_is_fine(void **state)
{
	struct controlling *fix = *state;

	for (int i = 0; i < 2; i++) {
		json_t *reply = controlling_ask(fix, METHOD_POST, "/v1/adopt",
						BODY(ROW("new.example.net", "enforce", "old1")), 200);

		assert_int_equal(json_integer_value(json_object_get(reply, "changed")), i == 0);
		assert_int_equal(json_integer_value(json_object_get(reply, "unchanged")), i != 0);
		json_decref(reply);
	}
}

static void that_dns_showed_it_before_does_not_count_any_more(void **state)
{
	struct controlling *fix = *state;
	struct hosting *hosting = fix->hosting;

	assert_int_equal(hosting_publish(hosting, hosting_configured("b.example.net", MODE_ENFORCE,
								     "mail.example.net", "")),
			 ERR_OK);
	hosting_look(hosting, "b.example.net", "old2");
	assert_int_equal(hosting_count(hosting, "SELECT count(*) FROM foreign_seen"), 1);
	ask(fix, BODY(ROW("b.example.net", "enforce", "old2")), 200);
	hosting_assert_id(hosting, "b.example.net", "old2");
	assert_int_equal(hosting_count(hosting, "SELECT count(*) FROM foreign_seen"), 0);
}

static void an_id_of_the_file_is_not_overruled(void **state)
{
	struct controlling *fix = *state;
	struct hosting *hosting = fix->hosting;

	assert_int_equal(hosting_publish(hosting, hosting_configured("b.example.net", MODE_ENFORCE,
								     "mail.example.net", "mine")),
			 ERR_OK);
	ask(fix, BODY(ROW("b.example.net", "enforce", "old2")), 409);
	ask(fix, BODY(ROW("b.example.net", "enforce", "mine")), 200);
	hosting_assert_id(hosting, "b.example.net", "mine");
}

static void all_of_it_or_nothing(void **state)
{
	static const char *const refused[] = {
		BODY(ROW("x.example.net", "enforce", "1") ", " ROW("a.example.org", "testing",
								   "20261123160000")),
		BODY(ROW("x.example.net", "enforce", "1") ", " ROW("y.example.net", "enforced", "2")),
	};
	static const char *const malformed[] = {
		"{}",
		BODY(""),
		BODY(ROW("x.example.net", "enforce", "1") ", " ROW("X.example.net", "enforce", "1")),
		BODY(ROW("x.example.net", "enforce", "1") ", " ROW("y.example.net", "enforce", "not-one")),
		BODY(ROW("x.example.net", "enforce", "1") ", " ROW("y..net", "enforce", "1")),
		BODY(ROW("x.example.net", "enforce", "1") ", {\"domain\": \"y.example.net\"}"),
		BODY(ROW("x.example.net", "enforce", "1") ", 7"),
	};

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		ask(*state, refused[i], 409);
	for (size_t i = 0; i < sizeof(malformed) / sizeof(*malformed); i++)
		ask(*state, malformed[i], 400);
	assert_null(find(*state, "x.example.net"));
}

static void an_id_that_the_domain_had_here_for_another_policy_is_refused(void **state)
{
	struct controlling *fix = *state;
	struct hosting_switch none = hosting_none();

	ask(fix, BODY(ROW("b.example.net", "enforce", "old1")), 200);
	assert_int_equal(hosting_order(fix->hosting, "b.example.net", &none), ERR_OK);
	ask(fix, BODY(ROW("b.example.net", "enforce", "old1")), 409);
}

static struct retirement retirement_at(struct controlling *fix, const char *name)
{
	struct retirement retirement;

	assert_int_equal(
		retirement_of(fix->hosting->store, find(fix, name), hosting_now, HOSTING_NOW, &retirement),
		ERR_OK);
	return retirement;
}

/* The file said something else, and DNS was looked at, before anybody thought of adopting it. */
static void of_a_domain_that_publishes_something_else_the_past_is_adopted(void **state)
{
	struct controlling *fix = *state;
	struct hosting_switch none = hosting_none();
	json_t *reply;
	const json_t *change;

	assert_int_equal(hosting_order(fix->hosting, "a.example.org", &none), ERR_OK);
	hosting_look(fix->hosting, "a.example.org", "theirs");
	reply = controlling_ask(fix, METHOD_POST, "/v1/adopt", THEIRS, 200);
	change = json_array_get(json_object_get(reply, "changes"), 0);
	assert_true(json_is_true(json_object_get(change, "only_before")));
	assert_true(json_is_false(json_object_get(change, "changed")));
	assert_true(json_is_integer(json_object_get(reply, "audit")));
	json_decref(reply);
	hosting_assert_id(fix->hosting, "a.example.org", "20261123160001");

	/* A year of enforce is what it counted for until then. */
	hosting_now += 60;
	hosting_look(fix->hosting, "a.example.org", "20261123160001");
	assert_int_equal(retirement_at(fix, "a.example.org").safe_at, hosting_now + 300 + 1209600 + 3600);
	assert_true(retirement_at(fix, "a.example.org").held.elsewhere);
	assert_string_equal(retirement_at(fix, "a.example.org").held.id, "theirs");
	/* Another id of which nobody told is a year still. */
	hosting_look(fix->hosting, "a.example.org", "strange");
	hosting_look(fix->hosting, "a.example.org", "20261123160001");
	assert_true(retirement_at(fix, "a.example.org").held.foreign);
	ask(fix, BODY(ROW("a.example.org", "testing", "strange")), 200);
	hosting_restart(fix->hosting);
	assert_false(retirement_at(fix, "a.example.org").held.foreign);
	assert_true(retirement_at(fix, "a.example.org").held.elsewhere);
}

#define LOOK(domain, record_id)                                                                              \
	"{\"observations\": [{\"domain\": \"" domain                                                         \
	"\", \"record\": \"record.provider.example\", \"servers\": "                                         \
	"[{\"server\": \"ns1.example.net\", \"address\": \"192.0.2.1\", \"ttl\": 300, \"texts\": "           \
	"[\"v=STSv1; id=" record_id ";\"]}]}]}"

/* A CNAME that was set before the policy host was moved: under that id senders got what the other host had.
 */
static void what_was_told_counts_though_the_record_had_the_id_from_here(void **state)
{
	struct controlling *fix = *state;
	struct hosting_switch none = hosting_none();
	json_t *reply;

	hosting_now += 3600;
	assert_int_equal(hosting_order(fix->hosting, "b.example.org", &none), ERR_OK);
	json_decref(
		controlling_ask(fix, METHOD_POST, "/v1/dns", LOOK("b.example.org", "20261123170000"), 200));
	hosting_now += 3600;
	json_decref(
		controlling_ask(fix, METHOD_POST, "/v1/dns", LOOK("a.example.org", "20261123170000"), 200));
	reply = controlling_ask(fix, METHOD_POST, "/v1/adopt",
				BODY("{\"domain\": \"a.example.org\", \"policy\": \"" POLICY_OF(
					"testing", "31557600") "\", \"id\": \"20261123170000\"}"),
				200);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(json_object_get(reply, "changes"), 0), "wait")),
			 31557600 + 3600);
	json_decref(reply);
}

/* Whichever of the two is true. */
static void of_two_policies_told_under_one_id_the_longer_counts(void **state)
{
	static const char *const later[] = { "86400", "31557600" };
	static const time_t spans[] = { 1209600, 31557600 };
	struct controlling *fix = *state;
	struct hosting_switch none = hosting_none();

	assert_int_equal(hosting_order(fix->hosting, "a.example.org", &none), ERR_OK);
	ask(fix, THEIRS, 200);
	for (size_t i = 0; i < 2; i++) {
		char body[512];

		(void)snprintf(
			body, sizeof(body),
			"{\"domains\": [{\"domain\": \"a.example.org\", \"id\": \"theirs\", \"policy\": "
			"\"version: STSv1\\nmode: enforce\\nmax_age: %s\\nmx: mail.example.net\\n\"}]}",
			later[i]);
		ask(fix, body, 200);
		hosting_look(fix->hosting, "a.example.org", "20261123160001");
		assert_int_equal(retirement_at(fix, "a.example.org").held.max_age, spans[i]);
	}
}

static void an_id_that_was_told_of_another_policy_is_never_ours(void **state)
{
	struct controlling *fix = *state;
	struct hosting *hosting = fix->hosting;

	assert_int_equal(hosting_publish(hosting, hosting_configured("b.example.net", MODE_ENFORCE,
								     "mail.example.net", "")),
			 ERR_OK);
	ask(fix, BODY(ROW("b.example.net", "testing", "theirs")), 200); /* only of the time before */
	ask(fix, BODY(ROW("b.example.net", "enforce", "theirs")), 409);
	ask(fix, BODY(ROW("b.example.net", "enforce", "others")), 200);
	assert_int_equal(hosting_count(hosting, "SELECT count(*) FROM foreign_seen WHERE mode = 'testing'"),
			 1);
}

/* The address may lead here already, and then nobody asked the other host. */
static void what_is_published_here_is_no_word_of_another_host(void **state)
{
	struct controlling *fix = *state;
	struct hosting_switch none = hosting_none();

	assert_int_equal(hosting_order(fix->hosting, "a.example.org", &none), ERR_OK);
	hosting_look(fix->hosting, "a.example.org", "theirs");
	hosting_look(fix->hosting, "a.example.org", "20261123160001");
	ask(fix,
	    BODY("{\"domain\": \"a.example.org\", \"policy\": \"version: STSv1\\nmode: none\\nmax_age: "
		 "86400\\n\", \"id\": \"theirs\"}"),
	    409);
	assert_true(retirement_at(fix, "a.example.org").held.foreign);
}

static void the_past_that_was_adopted_keeps_no_order_from_being_taken_back(void **state)
{
	struct controlling *fix = *state;
	json_t *reply = controlling_ask(fix, METHOD_POST, "/v1/switch",
					"{\"domains\": [\"a.example.org\"], \"mode\": \"none\"}", 200);
	char body[64];

	(void)snprintf(body, sizeof(body), "{\"entry\": %d}",
		       (int)json_integer_value(json_object_get(reply, "audit")));
	json_decref(reply);
	ask(fix, BODY(ROW("a.example.org", "testing", "theirs")), 200);
	json_decref(controlling_ask(fix, METHOD_POST, "/v1/undo", body, 200));
}

static void a_dry_run_changes_nothing(void **state)
{
	ask(*state, "{\"dry_run\": true, \"domains\": [" ROW("x.example.net", "enforce", "1") "]}", 200);
	assert_null(find(*state, "x.example.net"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, controlling_setup, controlling_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_nobody_knew_is_served_under_its_id),
		TEST(asking_twice_is_fine),
		TEST(that_dns_showed_it_before_does_not_count_any_more),
		TEST(an_id_of_the_file_is_not_overruled),
		TEST(all_of_it_or_nothing),
		TEST(an_id_that_the_domain_had_here_for_another_policy_is_refused),
		TEST(of_a_domain_that_publishes_something_else_the_past_is_adopted),
		TEST(what_was_told_counts_though_the_record_had_the_id_from_here),
		TEST(of_two_policies_told_under_one_id_the_longer_counts),
		TEST(an_id_that_was_told_of_another_policy_is_never_ours),
		TEST(what_is_published_here_is_no_word_of_another_host),
		TEST(the_past_that_was_adopted_keeps_no_order_from_being_taken_back),
		TEST(a_dry_run_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
