/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; controlling */
#include "controlling.h"

#include "log/log_event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define A     "a.example.org"
#define B     "b.example.org"
#define ROUTE "/v1/certificates/orders"
#define FAILED                                                                                               \
	"{\"domain\": \"" A                                                                                  \
	"\", \"state\": \"failed\", \"at\": \"2026-11-23T20:00:00Z\", \"detail\": \"HTTP 500\"}"
#define DUE "{\"domain\": \"" B "\", \"state\": \"due\"}"

static void report(struct controlling *fix, const char *body, int kept)
{
	json_t *json = controlling_ask(fix, METHOD_POST, ROUTE, body, 200);

	assert_int_equal(json_integer_value(json_object_get(json, "kept")), kept);
	assert_int_equal(json_object_size(json), 1);
	json_decref(json);
}

/* The ordering of the status, to be released. */
static json_t *ordering(struct controlling *fix)
{
	json_t *status = controlling_ask(fix, METHOD_GET, "/v1/status", "", 200);
	json_t *found = json_incref(json_object_get(json_object_get(status, "certificates"), "ordering"));

	json_decref(status);
	assert_non_null(found);
	return found;
}

static int count(struct controlling *fix, const char *state)
{
	json_t *all = ordering(fix);
	const json_t *number = json_object_get(json_object_get(all, "states"), state);
	int value = (int)json_integer_value(number);

	assert_true(json_is_integer(number));
	json_decref(all);
	return value;
}

static void what_is_reported_is_shown_everywhere(void **state)
{
	struct controlling *fix = *state;
	const char *domain, *what, *at, *detail, *waits;
	json_t *json, *all;
	int failed;

	report(fix, "{\"orders\": [" DUE ", " FAILED "]}", 2);

	all = ordering(fix);
	assert_int_equal(
		json_unpack_ex(all, NULL, JSON_STRICT,
			       "{s: n, s: n, s: n, s: n, s: {s: i*}, s: [{s: s, s: s, s: s, s: s!}, {s: "
			       "s, s: s, s: n, s: n!}!]!}",
			       "reported", "problem", "detail", "next", "states", "failed", &failed,
			       "domains", "domain", &domain, "state", &what, "at", &at, "detail", &detail,
			       "domain", &waits, "state", &what, "at", "detail"),
		0);
	assert_int_equal(failed, 1);
	assert_string_equal(domain, A);
	assert_string_equal(at, "2026-11-23T20:00:00Z");
	assert_string_equal(detail, "HTTP 500");
	assert_string_equal(waits, B);
	json_decref(all);

	json = controlling_ask(fix, METHOD_GET, "/v1/domains/" A, "", 200);
	assert_int_equal(json_unpack(json, "{s: {s: s, s: s}}", "certificate_order", "state", &what, "detail",
				     &detail),
			 0);
	assert_string_equal(what, "failed");
	json_decref(json);

	json = controlling_ask(fix, METHOD_GET, "/v1/certificates", "", 200);
	assert_int_equal(
		json_unpack(json, "{s: [{s: s}, {s: s}!]}", "orders", "domain", &domain, "domain", &waits),
		0);
	assert_string_equal(domain, A);
	assert_string_equal(waits, B);
	json_decref(json);
}

static void nothing_is_known_before_the_first_report(void **state)
{
	struct controlling *fix = *state;
	json_t *all = ordering(fix);
	json_t *json = controlling_ask(fix, METHOD_GET, "/v1/domains/" A, "", 200);

	assert_true(json_is_null(json_object_get(all, "reported")));
	assert_int_equal(json_object_size(json_object_get(all, "states")), 8);
	assert_int_equal(json_array_size(json_object_get(all, "domains")), 0);
	assert_true(json_is_null(json_object_get(json, "certificate_order")));
	json_decref(all);
	json_decref(json);
}

static void a_round_is_shown_with_its_problem(void **state)
{
	struct controlling *fix = *state;
	const char *reported, *problem, *detail, *next;
	json_t *all;

	report(fix,
	       "{\"round\": {\"problem\": \"authority_silent\", \"detail\": \"a\\u00e9\\u202e\", \"next\": "
	       "\"2026-11-23T17:00:00Z\"}, \"orders\": []}",
	       0);
	all = ordering(fix);
	assert_int_equal(json_unpack(all, "{s: s, s: s, s: s, s: s}", "reported", &reported, "problem",
				     &problem, "detail", &detail, "next", &next),
			 0);
	assert_string_equal(reported, "2026-11-23T16:00:00Z");
	assert_string_equal(problem, "authority_silent");
	assert_string_equal(detail, "a\\xc3\\xa9\\xe2\\x80\\xae");
	assert_string_equal(next, "2026-11-23T17:00:00Z");
	json_decref(all);

	report(fix, "{\"round\": {\"problem\": null, \"detail\": null, \"next\": null}, \"orders\": []}", 0);
	all = ordering(fix);
	assert_true(json_is_null(json_object_get(all, "problem")));
	json_decref(all);
}

static void what_is_not_served_is_passed_over(void **state)
{
	report(*state, "{\"orders\": [{\"domain\": \"nobody.example\", \"state\": \"failed\"}, " DUE "]}", 1);
	assert_int_equal(count(*state, "failed"), 0);
	assert_int_equal(count(*state, "due"), 1);
}

static void whatever_is_wrong_is_refused_and_nothing_of_it_taken(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"orders\": null}",
		"{\"orders\": {}}",
		"{\"orders\": [1]}",
		"{\"orders\": [], \"other\": 1}",
		"{\"orders\": [" FAILED ", {\"domain\": \"" B "\"}]}",
		"{\"orders\": [" FAILED ", {\"domain\": \"" B "\", \"state\": null}]}",
		"{\"orders\": [" FAILED ", {\"domain\": \"" B "\", \"state\": \"\"}]}",
		"{\"orders\": [" FAILED ", {\"domain\": \"" B "\", \"state\": \"Failed\"}]}",
		"{\"orders\": [" FAILED ", {\"domain\": \"" B "\", \"state\": 1}]}",
		"{\"orders\": [" FAILED ", {\"domain\": \"b example\", \"state\": \"due\"}]}",
		"{\"orders\": [" FAILED ", {\"domain\": \"\", \"state\": \"due\"}]}",
		"{\"orders\": [" FAILED ", {\"domain\": \"b.example\\u0000.org\", \"state\": \"due\"}]}",
		"{\"orders\": [" FAILED ", {\"domain\": \"" B "\", \"state\": \"due\", \"at\": 1}]}",
		"{\"orders\": [" FAILED ", {\"domain\": \"" B "\", \"state\": \"due\", \"at\": \"soon\"}]}",
		"{\"orders\": [" FAILED ", {\"domain\": \"" B
		"\", \"state\": \"due\", \"at\": \"10000-01-01T00:00:00Z\"}]}",
		"{\"orders\": [" FAILED ", {\"domain\": \"" B "\", \"state\": \"due\", \"detail\": []}]}",
		"{\"orders\": [" FAILED ", {\"domain\": \"" B
		"\", \"state\": \"due\", \"detail\": \"\xff\"}]}",
		"{\"orders\": [" FAILED ", {\"domain\": \"" B "\", \"state\": \"due\", \"more\": 1}]}",
		"{\"round\": null, \"orders\": [" FAILED "]}",
		"{\"round\": [], \"orders\": [" FAILED "]}",
		"{\"round\": {\"problem\": \"none\"}, \"orders\": [" FAILED "]}",
		"{\"round\": {\"problem\": 1}, \"orders\": [" FAILED "]}",
		"{\"round\": {\"next\": \"soon\"}, \"orders\": [" FAILED "]}",
		"{\"round\": {\"more\": 1}, \"orders\": [" FAILED "]}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		controlling_assert_error(*state, METHOD_POST, ROUTE, bad[i], 400, "bad_request");
	assert_int_equal(count(*state, "failed"), 0);
}

static void words_that_are_unknown_are_named_with_those_that_are_known(void **state)
{
	json_t *json =
		controlling_ask(*state, METHOD_POST, ROUTE,
				"{\"orders\": [{\"domain\": \"" B "\", \"state\": \"lost\\n\"}]}", 400);
	const char *message;

	assert_int_equal(json_unpack(json, "{s: {s: s}}", "error", "message", &message), 0);
	assert_string_equal(message, "state is unknown (lost\\x0a): write failed, forbidden, elsewhere, "
				     "no_address, unreached, unknown, limited, due");
	json_decref(json);
}

/* A report of so many orders of one domain, each with a detail of so many bytes. */
static char *many(size_t orders, size_t bytes)
{
	json_t *array = json_array();
	json_t *body = json_pack("{s: o}", "orders", array);
	char *detail = calloc(1, bytes + 1), *text;

	memset(detail, 'x', bytes);
	for (size_t i = 0; i < orders; i++)
		(void)json_array_append_new(array, json_pack("{s: s, s: s, s: s}", "domain", A, "state",
							     "unknown", "detail", detail));
	text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	free(detail);
	return text;
}

static void a_report_has_its_bounds(void **state)
{
	static const struct {
		size_t orders, bytes;
		unsigned status;
	} cases[] = { { 1000, 1, 200 }, { 1001, 1, 400 }, { 1, 400, 200 }, { 1, 401, 400 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = many(cases[i].orders, cases[i].bytes);

		json_decref(controlling_ask(*state, METHOD_POST, ROUTE, text, cases[i].status));
		free(text);
	}
	assert_int_equal(count(*state, "unknown"), 1);
}

/* An odd byte is four letters. */
static void a_detail_of_odd_bytes_is_as_long_as_any_other_at_most(void **state)
{
	struct controlling *fix = *state;
	json_t *json, *body = json_pack("{s: [{s: s, s: s}]}", "orders", "domain", A, "state", "failed");
	char odd[201] = "";
	const char *detail;
	char *text;

	for (size_t i = 0; i < 100; i++)
		memcpy(odd + 2 * i, "\xc3\xa9", 3);
	(void)json_object_set_new(json_array_get(json_object_get(body, "orders"), 0), "detail",
				  json_string(odd));
	text = json_dumps(body, 0);
	report(fix, text, 1);
	free(text);
	json_decref(body);
	json = controlling_ask(fix, METHOD_GET, "/v1/domains/" A, "", 200);
	assert_int_equal(json_unpack(json, "{s: {s: s}}", "certificate_order", "detail", &detail), 0);
	assert_int_equal(strlen(detail), 400);
	assert_int_equal(strncmp(detail, "\\xc3\\xa9\\xc3", 12), 0);
	json_decref(json);
}

/* Lines of the journal. */
static struct text lines;

static bool take_line(const struct iovec *field, size_t count)
{
	(void)count;
	assert_int_equal(text_append(&lines, field[0].iov_base, field[0].iov_len), ERR_OK);
	assert_int_equal(text_append(&lines, "\n", 1), ERR_OK);
	return true;
}

static void assert_logged(struct controlling *fix, const char *body, const char *expected)
{
	text_free(&lines);
	log_event_open(take_line);
	json_decref(controlling_ask(fix, METHOD_POST, ROUTE, body, 200));
	log_event_open(NULL);
	if (expected == NULL)
		assert_int_equal(lines.len, 0);
	else
		assert_string_equal(lines.bytes, expected);
	text_free(&lines);
}

static void what_fails_is_logged_when_it_changes(void **state)
{
	assert_logged(*state, "{\"round\": {}, \"orders\": [" DUE "]}", NULL);
	assert_logged(*state, "{\"orders\": [" FAILED "]}", NULL);
	assert_logged(*state, "{\"round\": {}, \"orders\": []}",
		      "MESSAGE=certificates, orders fail (failed: 1)\n");
	assert_logged(*state, "{\"round\": {}, \"orders\": [" FAILED "]}", NULL);
	assert_logged(*state,
		      "{\"round\": {\"problem\": \"ledger\", \"detail\": \"it is full\"}, \"orders\": []}",
		      "MESSAGE=certificates, orders fail (problem: ledger, failed: 1; it is full)\n");
	assert_logged(*state, "{\"round\": {}, \"orders\": [{\"domain\": \"" A "\", \"state\": \"due\"}]}",
		      "MESSAGE=certificates, no order fails any more\n");
}

static const char *const failing[] = { "{\"round\": {}, \"orders\": [" FAILED "]}",
				       "{\"round\": {}, \"orders\": [{\"domain\": \"" A
				       "\", \"state\": \"due\"}]}" };

static void whoever_reports_without_end_does_not_fill_the_log(void **state)
{
	log_event_open(take_line);
	for (size_t i = 0; i < 1000; i++)
		json_decref(controlling_ask(*state, METHOD_POST, ROUTE, failing[i % 2], 200));
	log_event_open(NULL);
	assert_in_range(lines.len, 0, 1000);
	text_free(&lines);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, controlling_setup, controlling_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_reported_is_shown_everywhere),
		TEST(nothing_is_known_before_the_first_report),
		TEST(a_round_is_shown_with_its_problem),
		TEST(what_is_not_served_is_passed_over),
		TEST(whatever_is_wrong_is_refused_and_nothing_of_it_taken),
		TEST(words_that_are_unknown_are_named_with_those_that_are_known),
		TEST(a_report_has_its_bounds),
		TEST(a_detail_of_odd_bytes_is_as_long_as_any_other_at_most),
		TEST(what_fails_is_logged_when_it_changes),
		TEST(whoever_reports_without_end_does_not_fill_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
