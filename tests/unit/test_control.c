/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; controlling */
#include "controlling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void status_counts_domains_and_names_what_is_wrong(void **state)
{
	struct controlling *fix = *state;
	json_int_t total = 0;
	json_int_t enforce = 0;
	json_int_t open = 0;
	const char *text = NULL;
	json_t *json;

	complain(&fix->host.files->complaints, SEVERITY_ERROR, "x.conf", 3, "mode is unknown", "enforced",
		 "write enforce");
	json = controlling_ask(fix, METHOD_GET, "/v1/status", "", 200);
	assert_int_equal(json_unpack(json, "{s: {s: I, s: I}, s: {s: I}, s: [{s: s}]}", "domains", "total",
				     &total, "enforce", &enforce, "connections", "open", &open, "complaints",
				     "text", &text),
			 0);
	assert_int_equal(total, 2);
	assert_int_equal(enforce, 1);
	assert_int_equal(open, 3);
	assert_string_equal(text, "x.conf:3: mode is unknown (enforced): write enforce");
	json_decref(json);
}

static void status_shows_limits_as_they_hold_and_how_much_is_used(void **state)
{
	static const struct {
		const char *member;
		json_int_t value;
	} expected[] = {
		{ "open", 5 },
		{ "limit", 700 },
		{ "clients", 2 },
		{ "largest_client", 4 },
		{ "per_client_limit", 64 },
		{ "memory_bytes", 81920 },
		{ "memory_limit_bytes", (json_int_t)8 << 30 },
		{ "log_lines_left_out", 17 },
		{ "log_lines_limit", 6 },
	};
	struct controlling *fix = *state;
	json_t *json, *connections;

	fix->settings.max_connections = 10000;
	controlling_use = (struct pool_use){
		.connections = 5, .clients = 2, .largest_client = 4, .memory = 81920, .lines_left_out = 17
	};
	controlling_limits = (struct limits){ .max_connections = 700,
					      .max_connections_per_client = 64,
					      .max_memory = (uint64_t)8 << 30,
					      .max_log_lines = 6 };
	json = controlling_ask(fix, METHOD_GET, "/v1/status", "", 200);
	connections = json_object_get(json, "connections");
	assert_int_equal(json_object_size(connections), sizeof(expected) / sizeof(*expected));
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		assert_int_equal(json_integer_value(json_object_get(connections, expected[i].member)),
				 expected[i].value);
	json_decref(json);
}

/* A number, or one for each value of a label. */
static const json_t *counter_of(const json_t *counters, const struct counter_row *row)
{
	const json_t *family = json_object_get(counters, row->family);

	return row->label == NULL ? family : json_object_get(family, row->value);
}

static void status_holds_every_counter(void **state)
{
	json_t *json, *counters;

	for (size_t i = 0; i < COUNTER_COUNT; i++)
		controlling_use.counts[i] = 1000 + i;
	json = controlling_ask(*state, METHOD_GET, "/v1/status", "", 200);
	counters = json_object_get(json, "counters");
	for (size_t i = 0; i < COUNTER_COUNT; i++) {
		const json_t *counter = counter_of(counters, &counters_table[i]);

		assert_true(json_is_integer(counter));
		assert_int_equal(json_integer_value(counter), 1000 + i);
	}
	json_decref(json);
}

static void assert_row(json_t *json, const char *domain)
{
	const char *got = NULL;
	const char *value = NULL;

	assert_int_equal(json_unpack(json, "{s: [{s: s, s: {s: s}}!]}", "domains", "domain", &got, "txt",
				     "value", &value),
			 0);
	assert_string_equal(got, domain);
	assert_string_equal(value, "v=STSv1; id=20261123160000;");
	json_decref(json);
}

static void a_pattern_selects_rows(void **state)
{
	assert_row(controlling_ask(*state, METHOD_GET, "/v1/domains?match=a.%2a", "", 200), "a.example.org");
	assert_row(controlling_ask(*state, METHOD_POST, "/v1/query", "{\"match\": \"b.*\"}", 200),
		   "b.example.org");
	assert_row(
		controlling_ask(*state, METHOD_POST, "/v1/query", "{\"domains\": [\"B.Example.ORG.\"]}", 200),
		"b.example.org");
}

static void a_domain_is_shown_whole(void **state)
{
	json_t *json = controlling_ask(*state, METHOD_GET, "/v1/domains/a.example.org", "", 200);
	const char *policy = NULL;
	const char *file = NULL;
	const char *configured = NULL;
	int line = 0;

	assert_int_equal(json_unpack(json, "{s: s, s: s, s: i, s: {s: s}}", "policy", &policy, "file", &file,
				     "line", &line, "configured", "mode", &configured),
			 0);
	assert_string_equal(policy,
			    "version: STSv1\r\nmode: enforce\r\nmx: mx.example.org\r\nmax_age: 604800\r\n");
	assert_string_equal(file, "/d/it.conf");
	assert_int_equal(line, 7);
	assert_string_equal(configured, "enforce");
	json_decref(json);
}

static void a_switch_answers_with_what_to_publish(void **state)
{
	struct controlling *fix = *state;
	json_t *json = controlling_ask(
		fix, METHOD_POST, "/v1/switch",
		"{\"domains\": [\"a.example.org\"], \"mode\": \"none\", \"reason\": \"test\"}", 200);
	const char *name = NULL;
	const char *value = NULL;
	const char *before = NULL;
	const char *after = NULL;
	json_int_t changed = 0;
	json_int_t wait = 0;

	assert_int_equal(json_unpack(json, "{s: I, s: [{s: {s: s}, s: {s: s}, s: {s: s, s: s}, s: I}!]}",
				     "changed", &changed, "changes", "before", "mode", &before, "after",
				     "mode", &after, "txt", "name", &name, "value", &value, "wait", &wait),
			 0);
	assert_int_equal(changed, 1);
	assert_string_equal(before, "enforce");
	assert_string_equal(after, "none");
	assert_string_equal(name, "_mta-sts.a.example.org.");
	assert_string_equal(value, "v=STSv1; id=20261123160001;");
	assert_int_equal(wait, 604800 + 3600);
	hosting_assert_id(fix->hosting, "a.example.org", "20261123160001");
	hosting_assert_id(fix->hosting, "b.example.org", "20261123160000");
	json_decref(json);
}

static void a_dry_run_answers_the_same_and_changes_nothing(void **state)
{
	struct controlling *fix = *state;

	json_decref(controlling_ask(fix, METHOD_POST, "/v1/switch",
				    "{\"all\": true, \"mode\": \"none\", \"dry_run\": true}", 200));

	hosting_assert_id(fix->hosting, "a.example.org", "20261123160000");
}

static void what_is_malformed_is_refused_and_changes_nothing(void **state)
{
	static const char *const bodies[] = {
		"",
		"[]",
		"{",
		"{\"mode\": \"none\"}",
		"{\"domains\": [], \"mode\": \"none\"}",
		"{\"domains\": [\"a.example.org\"]}",
		"{\"domains\": \"a.example.org\", \"mode\": \"none\"}",
		"{\"domains\": [1], \"mode\": \"none\"}",
		"{\"domains\": [\"a..example\"], \"mode\": \"none\"}",
		"{\"domains\": [\"a.example.org\"], \"mode\": \"nones\"}",
		"{\"domains\": [\"a.example.org\"], \"mode\": 1}",
		"{\"domains\": [\"a.example.org\"], \"mode\": \"none\", \"extra\": 1}",
		"{\"domains\": [\"a.example.org\"], \"mode\": \"none\", \"mode\": \"none\"}",
		"{\"domains\": [\"a.example.org\"], \"all\": true, \"mode\": \"none\"}",
		"{\"domains\": [\"a.example.org\"], \"match\": \"*\", \"mode\": \"none\"}",
		"{\"all\": 1, \"mode\": \"none\"}",
		"{\"all\": false, \"mode\": \"none\"}",
		"{\"all\": true, \"mode\": \"none\", \"max_age\": 0}",
		"{\"all\": true, \"mode\": \"none\", \"max_age\": 31557601}",
		"{\"all\": true, \"mode\": \"none\", \"max_age\": -1}",
		"{\"all\": true, \"mode\": \"none\", \"max_age\": 86400.0}",
		"{\"all\": true, \"mode\": \"none\", \"max_age\": \"86400\"}",
		"{\"all\": true, \"mode\": \"none\", \"max_age\": 99999999999999999999}",
		"{\"all\": true, \"mode\": \"none\", \"keep_mx\": 1}",
		"{\"all\": true, \"mode\": \"none\", \"reason\": 1}",
		"{\"all\": true, \"mode\": \"testing\", \"max_age\": 0}",
		"{\"all\": true, \"mode\": \"enforce\", \"max_age\": 31557601}",
		"{\"all\": true, \"mode\": \"testing\", \"keep_mx\": true}",
		"{\"all\": true, \"mode\": \"none\"} x",
		"{\"all\": true, \"mode\": \"none\\u0000\"}",
	};
	struct controlling *fix = *state;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++)
		controlling_assert_error(fix, METHOD_POST, "/v1/switch", bodies[i], 400, "bad_request");
	controlling_assert_error(fix, METHOD_POST, "/v1/reset", "{\"all\": true, \"mode\": \"none\"}", 400,
				 "bad_request");
	controlling_assert_error(fix, METHOD_POST, "/v1/reload", "{\"force\": 1}", 400, "bad_request");
	controlling_assert_error(fix, METHOD_GET, "/v1/domains?mtch=a", "", 400, "bad_request");
	controlling_assert_error(fix, METHOD_GET, "/v1/domains?match=%zz", "", 400, "bad_request");

	hosting_assert_id(fix->hosting, "a.example.org", "20261123160000");
	assert_false(fix->reloaded);
}

static void a_long_reason_is_refused(void **state)
{
	char body[1024];
	char reason[600] = { 0 };

	memset(reason, 'x', 501);
	(void)snprintf(body, sizeof(body), "{\"all\": true, \"mode\": \"none\", \"reason\": \"%s\"}", reason);
	controlling_assert_error(*state, METHOD_POST, "/v1/switch", body, 400, "bad_request");
}

static void unknown_domains_are_all_named(void **state)
{
	struct controlling *fix = *state;
	json_t *json = controlling_ask(
		fix, METHOD_POST, "/v1/switch",
		"{\"domains\": [\"x.example\", \"a.example.org\", \"y.example\"], \"mode\": \"none\"}", 404);
	const char *first = NULL;
	const char *second = NULL;

	assert_int_equal(json_unpack(json, "{s: {s: [s, s !]}}", "error", "details", &first, &second), 0);
	assert_string_equal(first, "x.example");
	assert_string_equal(second, "y.example");
	json_decref(json);
	controlling_assert_error(fix, METHOD_POST, "/v1/switch",
				 "{\"match\": \"*.nowhere\", \"mode\": \"none\"}", 404, "unknown_domain");
	controlling_assert_error(fix, METHOD_GET, "/v1/domains/x.example", "", 404, "unknown_domain");
	hosting_assert_id(fix->hosting, "a.example.org", "20261123160000");
}

static void wrong_routes_and_methods_are_told_apart(void **state)
{
	controlling_assert_error(*state, METHOD_GET, "/v2/status", "", 404, "unknown_route");
	controlling_assert_error(*state, METHOD_POST, "/v1/status", "", 405, "wrong_method");
	controlling_assert_error(*state, METHOD_GET, "/v1/switch", "", 405, "wrong_method");
}

static void failures_of_the_disk_have_their_own_codes(void **state)
{
	struct controlling *fix = *state;

	controlling_fault = ERR_STORE;
	controlling_assert_error(fix, METHOD_POST, "/v1/switch", "{\"all\": true, \"mode\": \"none\"}", 500,
				 "not_written");
	controlling_fault = ERR_UNKNOWN;
	controlling_assert_error(fix, METHOD_POST, "/v1/switch", "{\"all\": true, \"mode\": \"none\"}", 500,
				 "unknown");
	hosting_assert_id(fix->hosting, "a.example.org", "20261123160000");
}

static void a_refused_reload_tells_why(void **state)
{
	struct controlling *fix = *state;
	const char *why = NULL;
	json_t *json;

	complain(&fix->host.files->complaints, SEVERITY_ERROR, "/d", 0, "too many", "11 of 12",
		 "reload with --force");
	fix->reload_err = ERR_REFUSED;
	json = controlling_ask(fix, METHOD_POST, "/v1/reload", "{}", 409);
	assert_int_equal(json_unpack(json, "{s: {s: [s]}}", "error", "details", &why), 0);
	assert_string_equal(why, "/d: too many (11 of 12): reload with --force");
	json_decref(json);
}

static void a_reload_without_memory_says_that_all_is_as_before(void **state)
{
	struct controlling *fix = *state;
	const char *code = NULL;
	const char *message = NULL;
	json_t *json;

	fix->reload_err = ERR_NO_MEMORY;
	json = controlling_ask(fix, METHOD_POST, "/v1/reload", "{}", 500);
	assert_int_equal(json_unpack(json, "{s: {s: s, s: s}}", "error", "code", &code, "message", &message),
			 0);
	assert_string_equal(code, "no_memory");
	assert_non_null(strstr(message, "policies and settings are as before"));
	json_decref(json);
}

static void a_reload_can_be_forced(void **state)
{
	struct controlling *fix = *state;

	json_decref(controlling_ask(fix, METHOD_POST, "/v1/reload", "{\"force\": true}", 200));

	assert_true(fix->reloaded);
	assert_true(fix->forced);
}

/* One request of each route, to be walked with every kind of peer. */
static const struct {
	enum method method;
	const char *target;
	const char *body;
	enum right needs;
	unsigned refused; /* an order that is permitted ends in this, rather than 200 */
} each_route[] = {
	{ METHOD_GET, "/v1/status", "", RIGHT_LOOK, 0 },
	{ METHOD_GET, "/v1/domains", "", RIGHT_LOOK, 0 },
	{ METHOD_GET, "/v1/domains/a.example.org", "", RIGHT_LOOK, 0 },
	{ METHOD_POST, "/v1/query", "{\"all\": true}", RIGHT_LOOK, 0 },
	{ METHOD_GET, "/v1/history/a.example.org", "", RIGHT_LOOK, 0 },
	{ METHOD_GET, "/v1/audit", "", RIGHT_LOOK, 0 },
	{ METHOD_GET, "/v1/audit/1", "", RIGHT_LOOK, 0 },
	{ METHOD_GET, "/v1/certificates", "", RIGHT_LOOK, 0 },
	{ METHOD_POST, "/v1/certificates", "{\"certificate\": \"\", \"key\": \"\"}", RIGHT_CERTIFY, 409 },
	{ METHOD_POST, "/v1/certificates/request", "{\"domains\": [\"a.example.org\"]}", RIGHT_CERTIFY, 0 },
	{ METHOD_POST, "/v1/certificates/orders", "{\"orders\": []}", RIGHT_CERTIFY, 0 },
	{ METHOD_GET, "/v1/acme", "", RIGHT_LOOK, 0 },
	{ METHOD_GET, "/v1/challenges", "", RIGHT_LOOK, 0 },
	{ METHOD_POST, "/v1/challenges",
	  "{\"host\": \"\", \"type\": \"\", \"token\": \"\", \"authorization\": \"\"}", RIGHT_CERTIFY, 400 },
	{ METHOD_DELETE, "/v1/challenges/x", "", RIGHT_CERTIFY, 0 },
	{ METHOD_POST, "/v1/dns", "{\"observations\": []}", RIGHT_ORDER, 0 },
	{ METHOD_POST, "/v1/forget", "{\"retiring\": true, \"dry_run\": true}", RIGHT_ORDER, 0 },
	{ METHOD_POST, "/v1/switch", "{\"all\": true, \"mode\": \"none\"}", RIGHT_ORDER, 0 },
	{ METHOD_POST, "/v1/adopt", "{\"domains\": []}", RIGHT_ORDER, 400 },
	{ METHOD_POST, "/v1/nothing-before", "{\"all\": true}", RIGHT_ORDER, 0 },
	{ METHOD_POST, "/v1/reset", "{\"all\": true}", RIGHT_ORDER, 0 },
	{ METHOD_POST, "/v1/undo", "{}", RIGHT_ORDER, 0 },
	{ METHOD_POST, "/v1/reload", "{}", RIGHT_ORDER, 0 },
	{ METHOD_GET, "/metrics", "", RIGHT_LOOK, 0 },
};

#define EACH_ROUTE (sizeof(each_route) / sizeof(*each_route))

static void walk_routes(struct controlling *fix, enum right right)
{
	for (size_t i = 0; i < EACH_ROUTE; i++) {
		unsigned permitted = each_route[i].refused != 0 ? each_route[i].refused : 200;
		struct answer answer = { 0 };

		controlling_answer(fix, each_route[i].method, each_route[i].target, each_route[i].body,
				   &answer);
		assert_int_equal(answer.status, right >= each_route[i].needs ? permitted : 403);
		answer_free(&answer);
	}
}

static void strangers_may_do_nothing(void **state)
{
	struct controlling *fix = *state;

	controlling_uid = 12345;
	walk_routes(fix, RIGHT_ANY);
	hosting_assert_id(fix->hosting, "a.example.org", "20261123160000");
	assert_false(fix->reloaded);
}

static void observers_may_only_look(void **state)
{
	struct controlling *fix = *state;

	controlling_uid = 12345;
	controlling_group = 200;
	walk_routes(fix, RIGHT_LOOK);
	hosting_assert_id(fix->hosting, "a.example.org", "20261123160000");
}

static void certifiers_may_bring_certificates_and_look(void **state)
{
	struct controlling *fix = *state;

	controlling_uid = 12345;
	controlling_group = 150;
	walk_routes(fix, RIGHT_CERTIFY);
	hosting_assert_id(fix->hosting, "a.example.org", "20261123160000");
	assert_false(fix->reloaded);
}

static void operators_may_do_everything(void **state)
{
	controlling_uid = 12345;
	controlling_group = 100;
	walk_routes(*state, RIGHT_ORDER);
}

static void every_route_is_walked(void **state)
{
	const struct controlling *fix = *state;
	size_t rows = 0;

	while (fix->routes.table[rows].path != NULL)
		rows++;
	assert_int_equal(rows, EACH_ROUTE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, controlling_setup, controlling_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(status_counts_domains_and_names_what_is_wrong),
		TEST(status_shows_limits_as_they_hold_and_how_much_is_used),
		TEST(status_holds_every_counter),
		TEST(a_pattern_selects_rows),
		TEST(a_domain_is_shown_whole),
		TEST(a_switch_answers_with_what_to_publish),
		TEST(a_dry_run_answers_the_same_and_changes_nothing),
		TEST(what_is_malformed_is_refused_and_changes_nothing),
		TEST(a_long_reason_is_refused),
		TEST(unknown_domains_are_all_named),
		TEST(wrong_routes_and_methods_are_told_apart),
		TEST(failures_of_the_disk_have_their_own_codes),
		TEST(a_refused_reload_tells_why),
		TEST(a_reload_without_memory_says_that_all_is_as_before),
		TEST(a_reload_can_be_forced),
		TEST(strangers_may_do_nothing),
		TEST(observers_may_only_look),
		TEST(certifiers_may_bring_certificates_and_look),
		TEST(operators_may_do_everything),
		TEST(every_route_is_walked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
