/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; controlling */
#include "controlling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The host has a.example.org and b.example.org. */

static void assert_changes_only(struct controlling *fix, const char *selection, const char *domain)
{
	const char *got = NULL;
	char body[256];
	json_t *json;

	(void)snprintf(body, sizeof(body), "{%s, \"mode\": \"none\", \"dry_run\": true}", selection);
	json = controlling_ask(fix, METHOD_POST, "/v1/switch", body, 200);
	assert_int_equal(json_unpack(json, "{s: [{s: s}!]}", "changes", "domain", &got), 0);
	assert_string_equal(got, domain);
	json_decref(json);
}

static void what_is_excepted_is_left_out_however_the_others_are_chosen(void **state)
{
	static const char *const selections[] = {
		"\"all\": true, \"except\": [\"a.example.org\"]",
		"\"all\": true, \"except\": [\"A.Example.ORG.\"]",
		"\"all\": true, \"except\": [\"A.*\"]",
		"\"all\": true, \"except\": [\"a.example.org\", \"[a]*\"]",
		"\"match\": \"*.example.org\", \"except\": [\"a.example.org\"]",
		"\"domains\": [\"b.example.org\", \"a.example.org\"], \"except\": [\"a.example.org\"]",
		"\"domains\": [\"b.example.org\"], \"except\": []",
	};

	for (size_t i = 0; i < sizeof(selections) / sizeof(*selections); i++)
		assert_changes_only(*state, selections[i], "b.example.org");
}

static void the_rest_is_changed_and_the_exception_is_not(void **state)
{
	struct controlling *fix = *state;

	json_decref(controlling_ask(fix, METHOD_POST, "/v1/switch",
				    "{\"all\": true, \"except\": [\"a.example.org\"], \"mode\": \"none\"}",
				    200));
	assert_int_equal(registry_domain(fix->host.registry, "a.example.org")->published->mode, MODE_ENFORCE);
	assert_int_equal(registry_domain(fix->host.registry, "b.example.org")->published->mode, MODE_NONE);
}

static void an_exception_that_leaves_nothing_out_changes_nothing(void **state)
{
	struct controlling *fix = *state;
	const char *first = NULL, *second = NULL, *code = NULL;
	json_t *json = controlling_ask(fix, METHOD_POST, "/v1/switch",
				       "{\"match\": \"*.example.org\", \"except\": [\"a.exmaple.org\", "
				       "\"a.*\", \"c.*\"], \"mode\": \"none\"}",
				       404);

	assert_int_equal(json_unpack(json, "{s: {s: s, s: [s, s!]}}", "error", "code", &code, "details",
				     &first, &second),
			 0);
	assert_string_equal(code, "unknown_domain");
	assert_string_equal(first, "a.exmaple.org");
	assert_string_equal(second, "c.*");
	json_decref(json);
	/* It is known, and still no exception to what was chosen. */
	controlling_assert_error(fix, METHOD_POST, "/v1/switch",
				 "{\"domains\": [\"a.example.org\"], \"except\": [\"b.example.org\"], "
				 "\"mode\": \"none\"}",
				 404, "unknown_domain");
	assert_int_equal(registry_domain(fix->host.registry, "a.example.org")->published->mode, MODE_ENFORCE);
}

static void exceptions_of_everything_or_of_nothing_known_are_refused(void **state)
{
	static const char *const bodies[] = {
		"{\"all\": true, \"except\": [\"*\"], \"mode\": \"none\"}",
		"{\"all\": true, \"except\": \"a.example.org\", \"mode\": \"none\"}",
		"{\"all\": true, \"except\": [\"no name\"], \"mode\": \"none\"}",
		"{\"except\": [\"a.example.org\"], \"mode\": \"none\"}",
		("{\"all\": true, \"except\": [\"*\", \"*\", \"*\", \"*\", \"*\", \"*\", \"*\", \"*\", "
		 "\"*\", \"*\", \"*\"], \"mode\": \"none\"}"),
	};
	struct controlling *fix = *state;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++)
		controlling_assert_error(fix, METHOD_POST, "/v1/switch", bodies[i], 400, "bad_request");
	assert_int_equal(registry_domain(fix->host.registry, "b.example.org")->published->mode, MODE_TESTING);
}

static void whoever_names_the_record_is_told_what_was_meant(void **state)
{
	const char *message = NULL;
	json_t *json = controlling_ask(
		*state, METHOD_POST, "/v1/switch",
		"{\"all\": true, \"except\": [\"_mta-sts.a.example.org\"], \"mode\": \"none\"}", 400);

	assert_int_equal(json_unpack(json, "{s: {s: s}}", "error", "message", &message), 0);
	assert_non_null(strstr(message, ": did you mean a.example.org?"));
	json_decref(json);
}

static void a_query_takes_exceptions_too(void **state)
{
	const char *got = NULL;
	json_t *json = controlling_ask(*state, METHOD_POST, "/v1/query",
				       "{\"all\": true, \"except\": [\"b.*\"]}", 200);

	assert_int_equal(json_unpack(json, "{s: [{s: s}!]}", "domains", "domain", &got), 0);
	assert_string_equal(got, "a.example.org");
	json_decref(json);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, controlling_setup, controlling_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_excepted_is_left_out_however_the_others_are_chosen),
		TEST(the_rest_is_changed_and_the_exception_is_not),
		TEST(an_exception_that_leaves_nothing_out_changes_nothing),
		TEST(exceptions_of_everything_or_of_nothing_known_are_refused),
		TEST(whoever_names_the_record_is_told_what_was_meant),
		TEST(a_query_takes_exceptions_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
