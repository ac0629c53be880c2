/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "ctl/show/domain.h"

#include "ctl/show/timeline.h"
#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SWITCH                                                                                               \
	"{\"mode\":\"none\",\"max_age\":86400,\"keep_mx\":false,\"since\":\"2026-11-24T00:00:00Z\",\"by\":"  \
	"\"root (uid 0)\"}"
#define CONFIGURED(mode)                                                                                     \
	"{\"mode\":\"" mode "\",\"max_age\":604800,\"mx\":[\"mail.example.org\"],\"id\":null}"
#define SHOWN(configured)                                                                                    \
	"{" SAMPLE_ROW_FIELDS ",\"policy\":\"version: STSv1\\r\\nmode: enforce\\r\\nodd:\\u001b\\r\\n\","    \
	"\"mx\":[\"mail.example.org\"],\"configured\":" configured                                           \
	",\"wait\":0,\"dns\":null,\"fetches\":4213,"                                                         \
	"\"last_served_at\":\"2026-11-23T15:59:00Z\",\"revisions\":[{" SAMPLE_OLD_FIELDS                     \
	"}],\"revisions_total\":1}"
#define DNS(servers)                                                                                         \
	"{\"verdict\":\"old_id\",\"text\":\"old id at ns2\",\"at\":\"2026-11-23T18:00:00Z\","                \
	"\"id\":\"20261123160000\",\"seen_since\":null,\"ttl\":null,\"error\":null,\"servers\":[" servers    \
	"]}"
#define DNS_TTL(ttl)                                                                                         \
	"{\"verdict\":\"right\",\"text\":\"\",\"at\":\"\",\"id\":\"1\",\"seen_since\":null,\"ttl\":" ttl     \
	",\"error\":null,\"servers\":[]}"
#define SERVER(name, verdict, said)                                                                          \
	"{\"server\":\"" name "\",\"address\":\"192.0.2.1\",\"verdict\":\"" verdict "\",\"ttl\":null,"       \
	"\"said\":" said "}"

/* What show prints of the sample when one member is another. */
static struct printed show_with(const char *member, const char *json)
{
	char *reply = spoiled(SHOWN(CONFIGURED("enforce")), member, json_loads(json, JSON_DECODE_ANY, NULL));
	struct printed seen = printed(domain_print, FORMAT_PEOPLE, reply);

	free(reply);
	return seen;
}

static void assert_shows(const char *member, const char *json, const char *expected)
{
	struct printed seen = show_with(member, json);

	assert_int_equal(seen.err, ERR_OK);
	assert_non_null(strstr(seen.out, expected));
	printed_free(&seen);
}

static void show_tells_everything(void **state)
{
	struct printed seen = printed(domain_print, FORMAT_PEOPLE, SHOWN(CONFIGURED("enforce")));

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(seen.out,
			    "domain       example.org\n"
			    "mode         enforce\n"
			    "max_age      604800 (7 days)\n"
			    "mx           mail.example.org\n"
			    "published    2026-11-23T16:00:00Z, id 20261123160000\n"
			    "TXT record   _mta-sts.example.org. 300 IN TXT \"v=STSv1; id=20261123160000;\"\n"
			    "DNS          nobody looked yet: mta-stsctl dns example.org looks\n"
			    "served       4,213 times, last 2026-11-23T15:59:00Z\n"
			    "standing     configured\n"
			    "file         /etc/mta-stsd/domains.d/example.org.conf:3\n"
			    "certificate  yes\n"
			    "file says    what is published\n"
			    "\nRevisions (times in UTC):\n\n"
			    "2026-10-01 12:00  * enforce  7 days  id 20261001120000  served 4,213 times, "
			    "last 2026-11-23 15:59\n"
			    "\nServed now:\n\n"
			    "    version: STSv1\n    mode: enforce\n    odd:\\x1b\n");
	printed_free(&seen);
}

static void show_tells_what_differs_from_the_file(void **state)
{
	(void)state;
	assert_shows("configured", CONFIGURED("testing"),
		     "file says    testing, max_age 604800 (7 days), mx mail.example.org\n"
		     "             DIFFERS from what is published\n");
	assert_shows("configured", "null", "file says    nothing\n");
	assert_shows("mx", "[]", "DIFFERS");
	assert_shows("max_age", "60", "DIFFERS");
}

static void show_tells_who_switched_and_what_is_missing(void **state)
{
	(void)state;
	assert_shows("switch", SWITCH, "switch       none since 2026-11-24T00:00:00Z, by root (uid 0)\n");
	assert_shows("certificate", "false", "certificate  NONE names mta-sts.example.org");
	assert_shows("line", "0", "file         /etc/mta-stsd/domains.d/example.org.conf\n");
	assert_shows("file", "null", "file         unknown\n");
	assert_shows("mx", "[]", "mx           (no mx lines)\n");
}

static void show_tells_whether_a_file_is_gone_or_has_errors(void **state)
{
	json_t *reply = json_loads(SHOWN(CONFIGURED("enforce")), 0, NULL);
	struct printed seen;
	char *dump;

	(void)state;
	assert_shows("refused", "true", "domains.d/example.org.conf:3 (not used: see mta-stsctl status)\n");
	(void)json_object_set_new(reply, "refused", json_true());
	(void)json_object_set_new(reply, "configured", json_null());
	dump = json_dumps(reply, 0);
	seen = printed(domain_print, FORMAT_PEOPLE, dump);
	assert_non_null(strstr(seen.out,
			       "file says    nothing usable, or it is not loaded: see mta-stsctl status\n"));
	printed_free(&seen);
	free(dump);
	(void)json_object_set_new(reply, "refused", json_false());
	(void)json_object_set_new(reply, "file", json_null());
	(void)json_object_set_new(reply, "orphaned", json_true());
	dump = json_dumps(reply, 0);
	seen = printed(domain_print, FORMAT_PEOPLE, dump);
	assert_non_null(strstr(seen.out, "file         none any more\n"));
	printed_free(&seen);
	free(dump);
	json_decref(reply);
}

static void show_tells_how_far_a_retirement_is_and_what_to_do_next(void **state)
{
	struct printed unread = show_with("mode", "\"none\"");

	(void)state;
	assert_shows("retirement", SAMPLE_DRAINING,
		     "retirement   draining until 2026-12-01T04:10:00Z\nnext         keep all\n");
	assert_shows("retirement", SAMPLE_DRAINING, "2026-12-01 04:10  o safe to remove\n");
	assert_non_null(strstr(unread.out, "retirement   unknown: the state cannot be read\n"));
	printed_free(&unread);
}

static void show_tells_what_dns_shows_and_which_servers_are_not_right(void **state)
{
	static const char right[] =
		"{\"verdict\":\"right\",\"text\":\"right\",\"at\":\"2026-11-23T18:00:01Z\",\"id\":"
		"\"20261123160000\",\"seen_since\":\"2026-11-23T18:00:00Z\",\"ttl\":300,\"error\":null,"
		"\"servers\":[]}";

	(void)state;
	assert_shows("dns", right,
		     "DNS          right, looked at 2026-11-23T18:00:01Z, right since 2026-11-23T18:00:00Z, "
		     "TTL 300\nserved ");
	assert_shows("dns",
		     DNS(SERVER("ns1", "right", "null") "," SERVER(
			     "ns2", "old_id", "\"v=\\u001b\"") "," SERVER("ns3", "unreachable", "null")),
		     "DNS          old id at ns2, looked at 2026-11-23T18:00:00Z\n"
		     "             ns2 (192.0.2.1): old id: v=\\x1b\n"
		     "             ns3 (192.0.2.1): unreachable\nserved ");
}

static void a_look_at_another_id_says_nothing_of_the_published_one(void **state)
{
	static const char right[] =
		"{\"verdict\":\"right\",\"text\":\"right\",\"at\":\"2026-11-23T18:00:01Z\",\"id\":\"1\","
		"\"seen_since\":null,\"ttl\":null,\"error\":null,\"servers\":[]}";
	char *old = spoiled(DNS(SERVER("ns2", "old_id", "null")), "id", json_string("1"));

	(void)state;
	assert_shows("dns", right,
		     "DNS          nobody looked since this id was published (1 was right at every server at "
		     "2026-11-23T18:00:01Z): "
		     "mta-stsctl dns example.org looks\nserved ");
	assert_shows("dns", old,
		     "DNS          nobody looked since this id was published (the look at "
		     "2026-11-23T18:00:00Z was "
		     "for 1): mta-stsctl dns example.org looks\nserved ");
	free(old);
}

static void show_tells_what_dns_showed_since_when_and_what_failed(void **state)
{
	(void)state;
	assert_shows("dns",
		     "{\"verdict\":\"right\",\"text\":\"right\",\"at\":\"2026-11-23T18:00:00Z\",\"id\":"
		     "\"20261123160000\","
		     "\"seen_since\":\"2026-11-23T17:00:00Z\",\"ttl\":300,\"error\":\"no name "
		     "server\",\"servers\":[]}",
		     "DNS          right, looked at 2026-11-23T18:00:00Z, right since 2026-11-23T17:00:00Z, "
		     "TTL 300\n"
		     "             no name server\n");
}

static void show_tells_no_time_of_fetches_that_is_not_known(void **state)
{
	(void)state;
	assert_shows("last_served_at", "null", "served       4,213 times\n");
}

static void show_tells_when_nobody_ever_fetched(void **state)
{
	(void)state;
	assert_shows("fetches", "0", "served       never\n");
}

/* More than a TXT record of MTA-STS can have. */
static char too_long[256];

static void assert_refused(const char *member, const char *json)
{
	struct printed seen = show_with(member, json);

	assert_int_equal(seen.err, ERR_SYNTAX);
	assert_string_equal(seen.out, "");
	printed_free(&seen);
}

static void each_field_of_what_dns_showed_is_checked(void **state)
{
	static const char *const fields[][2] = {
		{ "seen_since", "7" }, { "error", "7" }, { "servers", "{}" },
		{ "ttl", "-1" },       { "ttl", "{}" },  { "at", "7" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		char *dns = spoiled(DNS(""), fields[i][0], json_loads(fields[i][1], JSON_DECODE_ANY, NULL));

		assert_refused("dns", dns);
		free(dns);
	}
}

/* It is pasted into a zone. */
static void a_record_with_odd_bytes_is_refused(void **state)
{
	static const char *const values[] = { "", "\a", "a\x7f", "a\"", "a\\", "\303\244" };
	const size_t count = sizeof(values) / sizeof(*values);

	(void)state;
	memset(too_long, 'a', sizeof(too_long));
	for (size_t i = 0; i <= count; i++) {
		char *dump;
		json_t *txt = i < count ? json_pack("{s: s, s: s}", "name", "_mta-sts.example.org.", "value",
						    values[i])
					: json_pack("{s: s, s: s%}", "name", "_mta-sts.example.org.", "value",
						    too_long, sizeof(too_long));

		dump = json_dumps(txt, JSON_COMPACT);
		assert_refused("txt", dump);
		free(dump);
		json_decref(txt);
	}
}

static void what_a_file_says_has_to_be_whole(void **state)
{
	(void)state;
	assert_refused("configured", "{\"mode\":\"none\",\"max_age\":1,\"mx\":{},\"id\":null}");
	assert_refused("configured", "{\"mode\":\"none\",\"max_age\":\"1\",\"mx\":[],\"id\":null}");
}

static void what_dns_showed_has_to_be_whole(void **state)
{
	static const char *const replies[] = { "{}", "7", DNS("7"), DNS("{}"), DNS_TTL("\"x\"") };

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		struct printed seen = show_with("dns", replies[i]);

		assert_int_equal(seen.err, ERR_SYNTAX);
		assert_string_equal(seen.out, "");
		printed_free(&seen);
	}
}

static void a_domain_that_lacks_a_field_is_refused(void **state)
{
	static const char *const members[] = {
		"domain",     "mode",           "max_age",        "id",          "published_at", "standing",
		"switch",     "file",           "policy",         "certificate", "txt",          "mx",
		"configured", "orphaned",       "refused",        "retirement",  "dns",          "fetches",
		"revisions",  "last_served_at", "revisions_total"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		char *reply = spoiled(SHOWN(CONFIGURED("enforce")), members[i], NULL);
		struct printed missing = printed(domain_print, FORMAT_PEOPLE, reply);
		struct printed wrong = show_with(members[i], "{}");

		assert_int_equal(missing.err, ERR_SYNTAX);
		assert_int_equal(wrong.err, ERR_SYNTAX);
		assert_string_equal(missing.out, "");
		printed_free(&missing);
		printed_free(&wrong);
		free(reply);
	}
}

#define BOTH "[{" SAMPLE_OLD_FIELDS "},{" SAMPLE_NEW_FIELDS "}]"
#define OLD_LINE(mark)                                                                                       \
	"2026-10-01 12:00  " mark " enforce  7 days  id 20261001120000  served 4,213 times, last "           \
	"2026-11-23 15:59\n"
#define NEW_LINE(mark)                                                                                       \
	"2026-11-23 16:00  " mark " none     1 day   id 20261123160000  never served, id seen everywhere "   \
	"2026-11-23 17:00\n"

/* Draw what JSON says; retirement may be NULL. */
static char *draw(const char *revisions, json_int_t total, const char *retirement, bool utf8)
{
	json_t *past = json_loads(revisions, 0, NULL);
	json_t *way = retirement != NULL ? json_loads(retirement, 0, NULL) : json_null();
	struct api_retirement end = { 0 };
	struct timeline timeline = { .revisions = past, .total = total, .retirement = &end, .utf8 = utf8 };
	char *drawn = NULL;
	size_t len;
	FILE *out = open_memstream(&drawn, &len);

	if (retirement != NULL)
		assert_int_equal(shape_read(&shape_retirement, way, &end), ERR_OK);
	assert_int_equal(timeline_print(&timeline, out), ERR_OK);
	assert_int_equal(fclose(out), 0);
	json_decref(past);
	json_decref(way);
	return drawn;
}

static void assert_drawn(char *drawn, const char *expected)
{
	assert_string_equal(drawn, expected);
	free(drawn);
}

static void the_way_from_enforce_to_nothing_is_one_line_down(void **state)
{
	(void)state;
	assert_drawn(draw(BOTH, 2, SAMPLE_DRAINING, false),
		     OLD_LINE("*") "                  |\n" NEW_LINE(
			     "*") "                  | draining: senders may hold the enforce policy until "
				  "2026-12-01 04:10\n"
				  "2026-12-01 04:10  o safe to remove\n");
}

static void an_id_that_nobody_here_published_is_named(void **state)
{
	json_t *retirement = json_loads(SAMPLE_DRAINING, 0, NULL);
	char *dump, *drawn;

	(void)state;
	(void)json_object_set_new(json_object_get(retirement, "held"), "foreign", json_true());
	dump = json_dumps(retirement, 0);
	drawn = draw(BOTH, 2, dump, false);
	assert_non_null(strstr(drawn,
			       "senders may hold a policy of id 1, which this host never published, until "
			       "2026-12-01 04:10\n"));
	free(drawn);
	free(dump);
	json_decref(retirement);
}

static void a_terminal_that_can_gets_better_characters(void **state)
{
	(void)state;
	assert_drawn(draw(BOTH, 2, SAMPLE_DRAINING, true),
		     OLD_LINE("\xe2\x97\x8f") "                  \xe2\x94\x82\n" NEW_LINE(
			     "\xe2\x97\x8f") "                  \xe2\x94\x82 draining: senders may hold the "
					     "enforce policy until "
					     "2026-12-01 04:10\n"
					     "2026-12-01 04:10  \xe2\x97\x8b safe to remove\n");
}

static void a_domain_that_is_not_retired_ends_with_what_is_published(void **state)
{
	(void)state;
	assert_drawn(draw("[{" SAMPLE_OLD_FIELDS "}]", 1, NULL, false), OLD_LINE("*"));
}

static void an_end_that_is_not_known_yet_is_said(void **state)
{
	(void)state;
	assert_drawn(
		draw("[{" SAMPLE_OLD_FIELDS "}]", 1, SAMPLE_RETIREMENT("waiting"), false),
		OLD_LINE("*") "                  | waiting so\n"
			      "not known yet     o safe to remove 7 days 1 hour after the record is visible "
			      "everywhere\n");
}

static void an_end_that_needs_another_look_says_so(void **state)
{
	char *confirming = spoiled(SAMPLE_DRAINING, "state", json_string("confirming"));
	char *safe = spoiled(SAMPLE_DRAINING, "state", json_string("safe"));

	(void)state;
	assert_drawn(
		draw("[{" SAMPLE_OLD_FIELDS "}]", 1, confirming, false),
		OLD_LINE("*") "                  |\n2026-12-01 04:10  o safe to remove, once DNS was looked "
			      "at again: mta-stsctl dns\n");
	assert_drawn(draw("[{" SAMPLE_OLD_FIELDS "}]", 1, safe, false),
		     OLD_LINE("*") "                  |\n2026-12-01 04:10  o safe to remove\n");
	free(confirming);
	free(safe);
}

static void older_revisions_become_a_count(void **state)
{
	(void)state;
	assert_drawn(draw("[{" SAMPLE_OLD_FIELDS "}]", 5, NULL, false),
		     "before that       * 4 more\n                  |\n" OLD_LINE("*"));
}

static void what_the_daemon_says_is_escaped(void **state)
{
	char *foul = spoiled(SAMPLE_RETIREMENT("waiting"), "text", json_string("\xe2\x97\x8f\x1b"));
	char *drawn = draw("[{" SAMPLE_OLD_FIELDS "}]", 1, foul, true);

	(void)state;
	assert_non_null(strstr(drawn, " \\xe2\\x97\\x8f\\x1b\n"));
	free(drawn);
	free(foul);
}

static void a_revision_that_is_none_is_refused(void **state)
{
	static const struct api_retirement none = { 0 };
	json_t *past = json_loads("[{" SAMPLE_OLD_FIELDS "},{}]", 0, NULL);
	char *bytes = NULL;
	size_t len;
	FILE *out = open_memstream(&bytes, &len);

	(void)state;
	assert_int_equal(timeline_print(&(struct timeline){ past, 2, &none, false }, out), ERR_SYNTAX);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(bytes, "");
	free(bytes);
	json_decref(past);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(show_tells_everything),
		cmocka_unit_test(show_tells_what_differs_from_the_file),
		cmocka_unit_test(show_tells_who_switched_and_what_is_missing),
		cmocka_unit_test(show_tells_whether_a_file_is_gone_or_has_errors),
		cmocka_unit_test(show_tells_how_far_a_retirement_is_and_what_to_do_next),
		cmocka_unit_test(show_tells_what_dns_shows_and_which_servers_are_not_right),
		cmocka_unit_test(a_look_at_another_id_says_nothing_of_the_published_one),
		cmocka_unit_test(show_tells_what_dns_showed_since_when_and_what_failed),
		cmocka_unit_test(show_tells_no_time_of_fetches_that_is_not_known),
		cmocka_unit_test(show_tells_when_nobody_ever_fetched),
		cmocka_unit_test(each_field_of_what_dns_showed_is_checked),
		cmocka_unit_test(a_record_with_odd_bytes_is_refused),
		cmocka_unit_test(what_a_file_says_has_to_be_whole),
		cmocka_unit_test(what_dns_showed_has_to_be_whole),
		cmocka_unit_test(a_domain_that_lacks_a_field_is_refused),
		cmocka_unit_test(the_way_from_enforce_to_nothing_is_one_line_down),
		cmocka_unit_test(an_id_that_nobody_here_published_is_named),
		cmocka_unit_test(a_terminal_that_can_gets_better_characters),
		cmocka_unit_test(a_domain_that_is_not_retired_ends_with_what_is_published),
		cmocka_unit_test(an_end_that_is_not_known_yet_is_said),
		cmocka_unit_test(an_end_that_needs_another_look_says_so),
		cmocka_unit_test(older_revisions_become_a_count),
		cmocka_unit_test(what_the_daemon_says_is_escaped),
		cmocka_unit_test(a_revision_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
