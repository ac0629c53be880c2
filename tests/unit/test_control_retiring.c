/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; controlling */
#include "controlling.h"

#include "core/registry_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY        86400
#define A          "a.example.org"
#define NONE_OF_A  "{\"domains\": [\"" A "\"], \"mode\": \"none\"}"
#define NEW_RECORD "\"v=STSv1; id=20261123160001;\""
#define OLD_RECORD "\"v=STSv1; id=20261123160000;\""

/* One server of a report, with the TXT records that it has. */
#define SERVER(name, texts)                                                                                  \
	"{\"server\": \"" name "\", \"address\": \"192.0.2.1\", \"ttl\": 300, \"texts\": [" texts "]}"
#define SILENT(name)                                                                                         \
	"{\"server\": \"" name "\", \"address\": \"192.0.2.1\", \"error\": \"no answer in time\"}"
#define REPORT(servers) "{\"observations\": [{\"domain\": \"" A "\", \"servers\": [" servers "]}]}"

static void turn_off(struct controlling *fix)
{
	json_decref(controlling_ask(fix, METHOD_POST, "/v1/switch", NONE_OF_A, 200));
}

static void look(struct controlling *fix, const char *report)
{
	json_decref(controlling_ask(fix, METHOD_POST, "/v1/dns", report, 200));
}

/* As a reload does that finds its file gone. */
static void orphan(struct controlling *fix)
{
	static struct domains none;

	fix->host.files->domains = &none;
	registry_attach(fix->hosting->registry, A, NULL, false);
}

/* The retirement of the first domain must be in this state, said in these words, the next step too. */
static void assert_retirement(struct controlling *fix, const char *state, const char *text, const char *next)
{
	json_t *json = controlling_ask(fix, METHOD_GET, "/v1/domains/" A, "", 200);
	const char *got_state = NULL;
	const char *got_text = NULL;
	const char *got_next = NULL;

	assert_int_equal(json_unpack(json, "{s: {s: s, s: s, s: s}}", "retirement", "state", &got_state,
				     "text", &got_text, "next", &got_next),
			 0);
	assert_string_equal(got_state, state);
	assert_string_equal(got_text, text);
	assert_string_equal(got_next, next);
	json_decref(json);
}

/* The same as the sentence, for programs; NULL: no command. */
static void assert_action(struct controlling *fix, const char *action, const char *command)
{
	json_t *json = controlling_ask(fix, METHOD_GET, "/v1/domains/" A, "", 200);
	const char *got_action = NULL;
	const char *domain = NULL;
	json_t *got_command = NULL;

	assert_int_equal(json_unpack_ex(json_object_get(json_object_get(json, "retirement"), "next_action"),
					NULL, JSON_STRICT, "{s: s, s: o, s: [s!]}", "action", &got_action,
					"command", &got_command, "domains", &domain),
			 0);
	assert_string_equal(got_action, action);
	assert_string_equal(domain, A);
	if (command != NULL)
		assert_string_equal(json_string_value(got_command), command);
	else
		assert_true(json_is_null(got_command));
	json_decref(json);
}

static void a_domain_that_is_not_off_is_not_retired(void **state)
{
	json_t *json = controlling_ask(*state, METHOD_GET, "/v1/domains/" A, "", 200);

	assert_true(json_is_null(json_object_get(json, "retirement")));
	assert_true(json_is_null(json_object_get(json, "dns")));
	json_decref(json);
}

static void every_state_says_what_to_do_next(void **state)
{
	struct controlling *fix = *state;

	fix->host.started_at = HOSTING_NOW - 60;
	turn_off(fix);
	assert_retirement(fix, "publishing", "publishing",
			  "publish the TXT record (mta-stsctl txt " A
			  " prints it), then run: mta-stsctl dns " A);
	assert_action(fix, "publish_record", "mta-stsctl dns " A);

	look(fix, REPORT(SERVER("ns1.example", NEW_RECORD) ", " SERVER("ns2.example", OLD_RECORD)));
	assert_retirement(fix, "waiting", "waiting for DNS (old id still at ns2.example)",
			  "publish the new TXT record at every name server (mta-stsctl txt " A
			  " prints it), then run: mta-stsctl dns " A);
	assert_action(fix, "publish_record", "mta-stsctl dns " A);

	look(fix, REPORT(SERVER("ns1.example", NEW_RECORD) ", " SERVER("ns2.example", NEW_RECORD)));
	/* The TTL of the old record was seen: 300. A week of enforce, an hour. */
	assert_retirement(fix, "draining",
			  "draining until 2026-11-30T17:05:00Z (enforce, 7 days, never fetched)",
			  "keep the TXT record, the policy host and its certificate until then");
	assert_action(fix, "wait", NULL);

	hosting_now += 8 * DAY;
	assert_retirement(
		fix, "confirming",
		"confirming (nobody holds the old policy since 2026-11-30T17:05:00Z, if DNS is as it was)",
		"look at DNS once more, run: mta-stsctl dns " A);
	assert_action(fix, "look_again", "mta-stsctl dns " A);

	look(fix, REPORT(SERVER("ns1.example", NEW_RECORD)));
	assert_action(fix, "remove_from_file", "mta-stsctl reload");
	orphan(fix);
	assert_retirement(fix, "safe", "safe to remove",
			  "run: mta-stsctl forget " A
			  ", then remove the TXT record, the address of mta-sts." A " and its certificate");
	assert_action(fix, "forget", "mta-stsctl forget " A);

	/* Who removes the record first is not sent back to the start by the next look. */
	look(fix, REPORT(SERVER("ns1.example", "")));
	assert_retirement(fix, "safe", "safe to remove",
			  "run: mta-stsctl forget " A
			  ", then remove the TXT record, the address of mta-sts." A " and its certificate");
	fix->host.started_at = hosting_now + 1;
	assert_retirement(
		fix, "confirming",
		"confirming (nobody holds the old policy since 2026-11-30T17:05:00Z, if DNS is as it was)",
		"publish the TXT record once more (mta-stsctl txt " A
		" prints it), then run: mta-stsctl dns " A);
	assert_action(fix, "publish_record", "mta-stsctl dns " A);
}

static void every_verdict_has_its_words(void **state)
{
	static const struct {
		const char *report;
		const char *verdict;
		const char *text;
	} cases[] = {
		{ REPORT(SERVER("ns1.example", NEW_RECORD)), "right", "right at every server" },
		{ REPORT(SERVER("ns1.example", OLD_RECORD)), "old_id", "old id still at ns1.example" },
		{ REPORT(SERVER("ns1.example", "\"v=STSv1; id=1;\"")), "old_id",
		  "an id that this host never published at ns1.example" },
		{ REPORT(SERVER("ns1.example", NEW_RECORD ", " OLD_RECORD)), "two_records",
		  "two records at ns1.example" },
		{ REPORT(SERVER("ns1.example", NEW_RECORD ", \"x\"")), "right", "right at every server" },
		{ REPORT(SERVER("ns1.example", "\"x\", \"y\"")), "other_text", "other text at ns1.example" },
		{ REPORT(SERVER("ns1.example", "\"v=STSv1; id=a-b;\"")), "malformed",
		  "malformed record at ns1.example" },
		{ REPORT(SERVER("ns1.example", "") ", " SERVER("ns2.example", "")), "missing",
		  "no record at ns1.example and 1 more" },
		{ REPORT(SERVER("ns1.example", NEW_RECORD) ", " SILENT("ns2.example")), "unreachable",
		  "no answer at ns2.example" },
		{ "{\"observations\": [{\"domain\": \"" A
		  "\", \"error\": \"no such zone\", \"servers\": []}]}",
		  "unreachable", "no such zone" },
	};
	struct controlling *fix = *state;

	turn_off(fix);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *json = controlling_ask(fix, METHOD_POST, "/v1/dns", cases[i].report, 200);
		const char *verdict = NULL;
		const char *text = NULL;

		assert_int_equal(json_unpack(json, "{s: [{s: {s: s, s: s}}]}", "domains", "dns", "verdict",
					     &verdict, "text", &text),
				 0);
		assert_string_equal(verdict, cases[i].verdict);
		assert_string_equal(text, cases[i].text);
		json_decref(json);
	}
}

/* The verdict of both is "old_id"; which of them senders can hold a policy of is another matter. */
static void an_id_that_this_host_never_published_is_a_fact_of_its_server(void **state)
{
	struct controlling *fix = *state;
	int first = 0, second = 1;
	json_t *json;

	turn_off(fix);
	json = controlling_ask(
		fix, METHOD_POST, "/v1/dns",
		REPORT(SERVER("ns1.example", "\"v=STSv1; id=1;\"") ", " SERVER("ns2.example", OLD_RECORD)),
		200);
	assert_int_equal(json_unpack(json, "{s: [{s: {s: [{s: b}, {s: b}]}}]}", "domains", "dns", "servers",
				     "foreign", &first, "foreign", &second),
			 0);
	assert_true(first);
	assert_false(second);
	json_decref(json);
}

static void what_servers_said_is_shown_escaped(void **state)
{
	json_t *json = controlling_ask(*state, METHOD_POST, "/v1/dns",
				       REPORT(SERVER("ns\\u001b1.example", "\"\\u001b[31mred\"")), 200);
	const char *server = NULL;
	const char *said = NULL;

	assert_int_equal(json_unpack(json, "{s: [{s: {s: [{s: s, s: s}]}}]}", "domains", "dns", "servers",
				     "server", &server, "said", &said),
			 0);
	assert_string_equal(said, "\\x1b[31mred");
	assert_null(strchr(said, 0x1b));
	json_decref(json);
}

static void a_malformed_report_is_refused_and_stores_nothing(void **state)
{
	static const char *const reports[] = {
		"{}",
		"{\"observations\": {}}",
		"{\"observations\": [1]}",
		"{\"observations\": [{\"domain\": \"" A "\"}]}",
		"{\"observations\": [{\"domain\": \"a b\", \"servers\": []}]}",
		REPORT("{\"server\": \"ns1.example\", \"address\": \"192.0.2.1\"}"),
		REPORT("{\"server\": \"ns1.example\", \"address\": \"192.0.2.256\", \"texts\": []}"),
		REPORT("{\"server\": \"ns1.example\", \"address\": \"\", \"texts\": [1]}"),
		REPORT("{\"server\": \"ns1.example\", \"address\": \"\", \"texts\": [], \"ttl\": -1}"),
		REPORT("{\"server\": \"ns1.example\", \"address\": \"\", \"texts\": [], \"ttl\": "
		       "2147483648}"),
		REPORT("{\"server\": \"ns1.example\", \"address\": \"\", \"texts\": [], \"more\": 1}"),
	};
	struct controlling *fix = *state;

	for (size_t i = 0; i < sizeof(reports) / sizeof(*reports); i++)
		controlling_assert_error(fix, METHOD_POST, "/v1/dns", reports[i], 400, "bad_request");
	assert_int_equal(hosting_count(fix->hosting, "SELECT count(*) FROM observation"), 0);
}

/* Somebody may forget it while another one looks. */
static void an_unknown_domain_does_not_spoil_a_report(void **state)
{
	json_t *json =
		controlling_ask(*state, METHOD_POST, "/v1/dns",
				"{\"observations\": [{\"domain\": \"z.example\", \"servers\": [" SERVER(
					"ns1.example", "") "]}, {\"domain\": \"" A "\", \"servers\": []}]}",
				200);
	const char *domain = NULL;
	const char *verdict = NULL;

	assert_int_equal(json_unpack(json, "{s: [{s: s, s: {s: s, s: []}}!]}", "domains", "domain", &domain,
				     "dns", "verdict", &verdict, "servers"),
			 0);
	assert_string_equal(domain, A);
	assert_string_equal(verdict, "unreachable");
	json_decref(json);
}

/* A report of one domain with as many servers, or one server with as many texts. */
static char *long_report(size_t servers, size_t texts, size_t text_len)
{
	json_t *array = json_array();
	json_t *report;
	char *dump;

	for (size_t i = 0; i < servers; i++) {
		json_t *list = json_array();
		char *text = calloc(1, text_len + 1);

		memset(text, 'x', text_len);
		for (size_t j = 0; j < texts; j++)
			assert_int_equal(json_array_append_new(list, json_string(text)), 0);
		free(text);
		assert_int_equal(
			json_array_append_new(array, json_pack("{s: s, s: s, s: o}", "server", "ns",
							       "address", "192.0.2.1", "texts", list)),
			0);
	}
	report = json_pack("{s: [{s: s, s: o}]}", "observations", "domain", A, "servers", array);
	dump = json_dumps(report, JSON_COMPACT);
	json_decref(report);
	return dump;
}

static void reports_are_bounded(void **state)
{
	static const struct {
		size_t servers, texts, len;
		bool fits;
	} cases[] = { { 64, 1, 1, true },  { 65, 1, 1, false },  { 1, 16, 1, true },
		      { 1, 17, 1, false }, { 1, 1, 1024, true }, { 1, 1, 1025, false } };
	struct controlling *fix = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *report = long_report(cases[i].servers, cases[i].texts, cases[i].len);

		if (cases[i].fits)
			look(fix, report);
		else
			controlling_assert_error(fix, METHOD_POST, "/v1/dns", report, 400, "bad_request");
		free(report);
	}
}

/* A report of as many observations, with a server's name and errors of these lengths. */
static char *worded_report(size_t count, size_t name, size_t server_error, size_t error)
{
	json_t *array = json_array();
	char letters[256];
	json_t *report;
	char *dump;

	memset(letters, 'x', sizeof(letters));
	for (size_t i = 0; i < count; i++)
		assert_int_equal(
			json_array_append_new(array, json_pack("{s: s, s: s%, s: [{s: s%, s: s, s: s%}]}",
							       "domain", A, "error", letters, error,
							       "servers", "server", letters, name, "address",
							       "192.0.2.1", "error", letters, server_error)),
			0);
	report = json_pack("{s: o}", "observations", array);
	dump = json_dumps(report, JSON_COMPACT);
	json_decref(report);
	return dump;
}

static void words_of_a_report_are_bounded(void **state)
{
	static const struct {
		size_t count, name, server_error, error;
		bool fits;
	} cases[] = { { 1, 255, 255, 255, true }, { 1, 256, 1, 1, false }, { 1, 1, 256, 1, false },
		      { 1, 1, 1, 256, false },    { 1000, 1, 1, 1, true }, { 1001, 1, 1, 1, false } };
	struct controlling *fix = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *report =
			worded_report(cases[i].count, cases[i].name, cases[i].server_error, cases[i].error);

		if (cases[i].fits)
			look(fix, report);
		else
			controlling_assert_error(fix, METHOD_POST, "/v1/dns", report, 400, "bad_request");
		free(report);
	}
}

static void status_counts_what_is_retiring(void **state)
{
	struct controlling *fix = *state;
	json_int_t publishing = 0, waiting = 0;
	const char *first = NULL;
	const char *second = NULL;
	json_t *json;

	json_decref(
		controlling_ask(fix, METHOD_POST, "/v1/switch", "{\"all\": true, \"mode\": \"none\"}", 200));
	look(fix, "{\"observations\": [{\"domain\": \"b.example.org\", \"servers\": [" SERVER("ns1.example",
											      "") "]}]}");
	json = controlling_ask(fix, METHOD_GET, "/v1/status", "", 200);

	assert_int_equal(json_unpack(json, "{s: {s: I, s: I, s: [{s: s}, {s: s}]}}", "retiring", "publishing",
				     &publishing, "waiting", &waiting, "domains", "domain", &first, "domain",
				     &second),
			 0);
	assert_int_equal(publishing, 1);
	assert_int_equal(waiting, 1);
	assert_string_equal(first, "b.example.org"); /* somebody has to do something about it first */
	assert_string_equal(second, A);
	json_decref(json);
}

static size_t count_rows(struct controlling *fix, const char *query)
{
	json_t *json = controlling_ask(fix, METHOD_POST, "/v1/query", query, 200);
	size_t count = json_array_size(json_object_get(json, "domains"));

	json_decref(json);
	return count;
}

static void a_query_selects_what_is_retiring_or_was_changed(void **state)
{
	struct controlling *fix = *state;

	assert_int_equal(count_rows(fix, "{\"retiring\": true}"), 0);
	hosting_now += 60;
	turn_off(fix);
	assert_int_equal(count_rows(fix, "{\"retiring\": true}"), 1);
	assert_int_equal(count_rows(fix, "{\"all\": true, \"changed_since\": \"2026-11-23T16:00:00Z\"}"), 2);
	assert_int_equal(count_rows(fix, "{\"all\": true, \"changed_since\": \"2026-11-23T16:01:00Z\"}"), 1);
	assert_int_equal(count_rows(fix, "{\"all\": true, \"changed_since\": \"2026-11-23T16:01:01Z\"}"), 0);
	controlling_assert_error(fix, METHOD_POST, "/v1/query",
				 "{\"all\": true, \"changed_since\": \"yesterday\"}", 400, "bad_request");
}

static void history_tells_every_revision_and_who_ordered_it(void **state)
{
	struct controlling *fix = *state;
	const char *first = NULL, *second = NULL, *command = NULL, *by = NULL, *reason = NULL, *policy = NULL;
	json_t *json;

	json_decref(controlling_ask(fix, METHOD_POST, "/v1/switch",
				    "{\"domains\": [\"" A "\"], \"mode\": \"none\", \"reason\": \"moving\"}",
				    200));
	json = controlling_ask(fix, METHOD_GET, "/v1/history/A.Example.ORG", "", 200);

	assert_int_equal(json_unpack(json, "{s: [{s: s}, {s: s, s: s, s: s, s: s, s: s}]}", "revisions",
				     "mode", &first, "mode", &second, "command", &command, "by", &by,
				     "reason", &reason, "policy", &policy),
			 0);
	assert_string_equal(first, "enforce");
	assert_string_equal(second, "none");
	assert_string_equal(command, "none");
	assert_string_equal(by, "root (uid 0)");
	assert_string_equal(reason, "moving");
	assert_string_equal(policy, "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n");
	json_decref(json);
	controlling_assert_error(fix, METHOD_GET, "/v1/history/z.example", "", 404, "unknown_domain");
}

static void the_audit_trail_is_read_back(void **state)
{
	struct controlling *fix = *state;
	json_t *entries;
	json_t *entry;
	json_t *json;
	json_int_t number = 0, domains = 0;

	json_decref(
		controlling_ask(fix, METHOD_POST, "/v1/switch", "{\"all\": true, \"mode\": \"none\"}", 200));
	json = controlling_ask(fix, METHOD_GET, "/v1/audit", "", 200);
	entries = json_object_get(json, "entries");
	entry = json_array_get(entries, json_array_size(entries) - 1);
	assert_int_equal(
		json_unpack(entry, "{s: I, s: I, s: [*]}", "number", &number, "domains", &domains, "changes"),
		0);
	assert_int_equal(number, 3);
	assert_int_equal(domains, 2);
	json_decref(json);

	json = controlling_ask(fix, METHOD_GET, "/v1/audit?before=3", "", 200);
	assert_int_equal(json_array_size(json_object_get(json, "entries")), 2);
	json_decref(json);
	controlling_assert_error(fix, METHOD_GET, "/v1/audit?before=x", "", 400, "bad_request");
	controlling_assert_error(fix, METHOD_GET, "/v1/audit?after=1", "", 400, "bad_request");
}

static void an_entry_is_shown_with_all_its_changes(void **state)
{
	struct controlling *fix = *state;
	const char *before = NULL, *after = NULL;
	json_t *json;

	turn_off(fix);
	json = controlling_ask(fix, METHOD_GET, "/v1/audit/3", "", 200);
	assert_int_equal(
		json_unpack(json, "{s: [{s: s, s: s}!]}", "changes", "before", &before, "after", &after), 0);
	assert_string_equal(before, "20261123160000");
	assert_string_equal(after, "20261123160001");
	json_decref(json);
	controlling_assert_error(fix, METHOD_GET, "/v1/audit/4", "", 404, "unknown_entry");
	controlling_assert_error(fix, METHOD_GET, "/v1/audit/-1", "", 404, "unknown_entry");
	controlling_assert_error(fix, METHOD_GET, "/v1/audit/9999999999999999999", "", 404, "unknown_entry");
}

static void an_undo_answers_as_an_order(void **state)
{
	struct controlling *fix = *state;
	json_int_t undone = 0, changed = 0;
	json_t *json;

	controlling_assert_error(fix, METHOD_POST, "/v1/undo", "{}", 409, "refused");
	turn_off(fix);
	json_decref(controlling_ask(fix, METHOD_POST, "/v1/undo", "{\"dry_run\": true}", 200));
	hosting_assert_id(fix->hosting, A, "20261123160001");
	json = controlling_ask(fix, METHOD_POST, "/v1/undo", "{\"entry\": 3}", 200);
	assert_int_equal(json_unpack(json, "{s: I, s: I}", "undone", &undone, "changed", &changed), 0);
	assert_int_equal(undone, 3);
	assert_int_equal(changed, 1);
	json_decref(json);
	hosting_assert_id(fix->hosting, A, "20261123160002");
	controlling_assert_error(fix, METHOD_POST, "/v1/undo", "{\"entry\": 3}", 409, "refused");
	controlling_assert_error(fix, METHOD_POST, "/v1/undo", "{\"entry\": 0}", 404, "unknown_entry");
}

static void a_domain_in_use_is_not_forgotten(void **state)
{
	struct controlling *fix = *state;
	const char *detail = NULL;
	json_t *json;

	controlling_assert_error(fix, METHOD_POST, "/v1/forget",
				 "{\"domains\": [\"" A "\"], \"force\": true}", 409,
				 "refused"); /* its file would bring it back */
	orphan(fix);
	json = controlling_ask(fix, METHOD_POST, "/v1/forget", "{\"domains\": [\"" A "\"]}", 409);
	assert_int_equal(json_unpack(json, "{s: {s: [s]}}", "error", "details", &detail), 0);
	assert_string_equal(detail, A
			    ": it is not turned off: published (enforce): run mta-stsctl none first, and wait"
			    " until it is safe to remove");
	json_decref(json);
	hosting_assert_id(fix->hosting, A, "20261123160000");
}

static void a_forced_forget_says_so(void **state)
{
	struct controlling *fix = *state;
	const char *value = NULL;
	int forced = 0;
	json_t *json;

	orphan(fix);
	json = controlling_ask(fix, METHOD_POST, "/v1/forget", "{\"domains\": [\"" A "\"], \"force\": true}",
			       200);

	assert_int_equal(json_unpack(json, "{s: [{s: b, s: {s: s}}]}", "domains", "forced", &forced, "txt",
				     "value", &value),
			 0);
	assert_true(forced);
	assert_string_equal(value, "v=STSv1; id=20261123160000;");
	json_decref(json);
	/* It needs no certificate any more; b.example.org still does. */
	assert_int_equal(fix->coverage.uncovered_count, 1);
	assert_string_equal(fix->coverage.uncovered.item[0], "b.example.org");
	controlling_assert_error(fix, METHOD_GET, "/v1/domains/" A, "", 404, "unknown_domain");
	json = controlling_ask(fix, METHOD_GET, "/v1/history/" A, "", 200);
	assert_true(json_is_false(json_object_get(json, "published")));
	json_decref(json);
}

static void a_disk_that_fails_forgets_nothing(void **state)
{
	struct controlling *fix = *state;

	orphan(fix);
	controlling_fault = ERR_STORE;
	controlling_assert_error(fix, METHOD_POST, "/v1/forget",
				 "{\"domains\": [\"" A "\"], \"force\": true}", 500, "not_written");
	controlling_assert_error(fix, METHOD_POST, "/v1/dns", REPORT(SERVER("ns1.example", "")), 500,
				 "not_written");
	hosting_assert_id(fix->hosting, A, "20261123160000");
}

static void assert_unseen(struct controlling *fix, json_t *expected)
{
	json_t *json = controlling_ask(fix, METHOD_GET, "/v1/status", "", 200);

	assert_true(json_equal(json_object_get(json, "unseen_domains"), expected));
	json_decref(json);
	json_decref(expected);
}

static void status_names_records_that_nobody_has_seen_and_that_can_be_served(void **state)
{
	struct controlling *fix = *state;

	assert_unseen(fix, json_array()); /* the certificate comes first */
	fix->coverage.tls_elsewhere = true;
	assert_unseen(fix, json_pack("[s, s]", A, "b.example.org"));

	look(fix, REPORT(SERVER("ns1.example.org", OLD_RECORD)));
	assert_unseen(fix, json_pack("[s]", "b.example.org"));
	turn_off(fix);
	assert_unseen(fix, json_pack("[s]", "b.example.org"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, controlling_setup, controlling_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_domain_that_is_not_off_is_not_retired),
		TEST(every_state_says_what_to_do_next),
		TEST(every_verdict_has_its_words),
		TEST(an_id_that_this_host_never_published_is_a_fact_of_its_server),
		TEST(what_servers_said_is_shown_escaped),
		TEST(a_malformed_report_is_refused_and_stores_nothing),
		TEST(an_unknown_domain_does_not_spoil_a_report),
		TEST(reports_are_bounded),
		TEST(words_of_a_report_are_bounded),
		TEST(status_counts_what_is_retiring),
		TEST(status_names_records_that_nobody_has_seen_and_that_can_be_served),
		TEST(a_query_selects_what_is_retiring_or_was_changed),
		TEST(history_tells_every_revision_and_who_ordered_it),
		TEST(the_audit_trail_is_read_back),
		TEST(an_entry_is_shown_with_all_its_changes),
		TEST(an_undo_answers_as_an_order),
		TEST(a_domain_in_use_is_not_forgotten),
		TEST(a_forced_forget_says_so),
		TEST(a_disk_that_fails_forgets_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
