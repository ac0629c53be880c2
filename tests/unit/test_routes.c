/* SPDX-License-Identifier: ISC */
#include "http/routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CONTEXT ((void *)0x1)

static void handle_plain(void *context, const struct request *request, struct answer *answer)
{
	(void)context;
	answer->status = 200;
	assert_int_equal(
		text_appendf(&answer->body, "plain %s|%s|%s", request->path, request->rest, request->query),
		ERR_OK);
}

static void handle_star(void *context, const struct request *request, struct answer *answer)
{
	(void)context;
	answer->status = 200;
	assert_int_equal(
		text_appendf(&answer->body, "star %s|%s|%s", request->path, request->rest, request->query),
		ERR_OK);
}

static void handle_order(void *context, const struct request *request, struct answer *answer)
{
	(void)context;
	answer->status = 202;
	assert_int_equal(text_append(&answer->body, request->body, request->body_len), ERR_OK);
}

static const struct route table[] = {
	{ "/plain", METHOD_GET, false, handle_plain },
	{ "/asked", METHOD_GET, true, handle_plain },
	{ "/domains/*", METHOD_GET, false, handle_star },
	{ "/domains/*", METHOD_POST, false, handle_order },
	{ "/orders", METHOD_POST, false, handle_order },
	{ "/found/*", METHOD_GET, true, handle_star },
	{ NULL, 0, false, NULL },
};

static const struct routes routes = { .table = table };

static struct answer ask(enum method method, const char *target)
{
	struct request request = {
		.method = method, .target = target, .host = "", .body = "order", .body_len = 5
	};
	struct answer answer = { 0 };

	routes_answer(&routes, &request, &answer);
	return answer;
}

static void table_decides_status_handler_and_allow(void **state)
{
	static const struct {
		enum method method;
		const char *target;
		unsigned status;
		unsigned allow;
		const char *body;
	} cases[] = {
		{ METHOD_GET, "/plain", 200, 0, "plain /plain||" },
		{ METHOD_HEAD, "/plain", 200, 0, "plain /plain||" },
		{ METHOD_POST, "/plain", 405, METHOD_GET | METHOD_HEAD, "" },
		{ METHOD_OTHER, "/plain", 405, METHOD_GET | METHOD_HEAD, "" },
		{ METHOD_GET, "/plain?", 404, 0, "" },
		{ METHOD_GET, "/plain?a=b", 404, 0, "" },
		{ METHOD_POST, "/plain?a=b", 404, 0, "" },
		{ METHOD_GET, "/plain/", 404, 0, "" },
		{ METHOD_GET, "//plain", 404, 0, "" },
		{ METHOD_GET, "/PLAIN", 404, 0, "" },
		{ METHOD_GET, "/plai%6e", 404, 0, "" },
		{ METHOD_GET, "/plai", 404, 0, "" },
		{ METHOD_GET, "/", 404, 0, "" },
		{ METHOD_GET, "", 404, 0, "" },
		{ METHOD_GET, "*", 404, 0, "" },
		{ METHOD_GET, "http://host/plain", 404, 0, "" },
		{ METHOD_GET, "/asked", 200, 0, "plain /asked||" },
		{ METHOD_GET, "/asked?", 200, 0, "plain /asked||" },
		{ METHOD_GET, "/asked?a=%20&b?c", 200, 0, "plain /asked||a=%20&b?c" },
		{ METHOD_OTHER, "/asked?a", 405, METHOD_GET | METHOD_HEAD, "" },
		{ METHOD_GET, "/domains/example.org", 200, 0, "star /domains/example.org|example.org|" },
		{ METHOD_GET, "/domains/a/b", 200, 0, "star /domains/a/b|a/b|" },
		{ METHOD_GET, "/domains/*", 200, 0, "star /domains/*|*|" },
		{ METHOD_GET, "/domains/", 404, 0, "" },
		{ METHOD_GET, "/domains", 404, 0, "" },
		{ METHOD_POST, "/domains/example.org", 202, 0, "order" },
		{ METHOD_OTHER, "/domains/x", 405, METHOD_GET | METHOD_HEAD | METHOD_POST, "" },
		{ METHOD_GET, "/orders", 405, METHOD_POST, "" },
		{ METHOD_HEAD, "/orders", 405, METHOD_POST, "" },
		{ METHOD_POST, "/orders", 202, 0, "order" },
		{ METHOD_GET, "/found/x?y", 200, 0, "star /found/x|x|y" },
		{ METHOD_GET, "/found/?y", 404, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct answer answer = ask(cases[i].method, cases[i].target);

		if (answer.status != cases[i].status || answer.allow != cases[i].allow)
			fail_msg("%u %s: %u %u", (unsigned)cases[i].method, cases[i].target, answer.status,
				 answer.allow);
		assert_string_equal(answer.body.len > 0 ? answer.body.bytes : "", cases[i].body);
		answer_free(&answer);
	}
}

static void path_over_the_limit_is_too_long_whatever_its_query(void **state)
{
	char target[ROUTES_TARGET_LIMIT + 16];
	struct answer answer;

	(void)state;
	memset(target, 'a', sizeof(target));
	memcpy(target, "/found/", 7);
	target[ROUTES_TARGET_LIMIT] = '\0';
	answer = ask(METHOD_GET, target);
	assert_int_equal(answer.status, 200);
	answer_free(&answer);

	target[ROUTES_TARGET_LIMIT] = 'a';
	target[ROUTES_TARGET_LIMIT + 1] = '\0';
	answer = ask(METHOD_GET, target);
	assert_int_equal(answer.status, 414);
	answer_free(&answer);

	target[20] = '?';
	answer = ask(METHOD_GET, target);
	assert_int_equal(answer.status, 200);
	answer_free(&answer);
}

static void refuse_in_words(void *context, unsigned status, struct answer *answer)
{
	assert_ptr_equal(context, CONTEXT);
	answer->content_type = "application/json";
	assert_int_equal(text_appendf(&answer->body, "no: %u", status), ERR_OK);
}

static void refusals_get_their_body_from_the_side_that_owns_the_table(void **state)
{
	const struct routes worded = { .table = table, .context = CONTEXT, .refuse = refuse_in_words };
	struct request request = { .method = METHOD_POST, .target = "/plain" };
	struct answer answer = { 0 };

	(void)state;
	routes_answer(&worded, &request, &answer);

	assert_int_equal(answer.status, 405);
	assert_int_equal(answer.allow, METHOD_GET | METHOD_HEAD);
	assert_string_equal(answer.body.bytes, "no: 405");
	answer_free(&answer);
}

static void methods_are_known_in_exactly_their_letters(void **state)
{
	static const struct {
		const char *name;
		enum method method;
	} cases[] = {
		{ "GET", METHOD_GET },     { "HEAD", METHOD_HEAD },    { "POST", METHOD_POST },
		{ "get", METHOD_OTHER },   { "GETS", METHOD_OTHER },   { "GE", METHOD_OTHER },
		{ "", METHOD_OTHER },      { "PUT", METHOD_OTHER },    { "TRACE", METHOD_OTHER },
		{ "POST ", METHOD_OTHER }, { "HEAD\t", METHOD_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(routes_method(cases[i].name, strlen(cases[i].name)), cases[i].method);
}

static void allow_lists_methods_in_one_order(void **state)
{
	char out[ROUTES_ALLOW_SIZE];

	(void)state;
	assert_string_equal(routes_allow(METHOD_GET | METHOD_HEAD, out), "GET, HEAD");
	assert_string_equal(routes_allow(METHOD_POST, out), "POST");
	assert_string_equal(routes_allow(METHOD_POST | METHOD_HEAD | METHOD_GET, out), "GET, HEAD, POST");
	assert_string_equal(routes_allow(METHOD_OTHER, out), "");
}

static void count_release(void *owner)
{
	unsigned *released = owner;

	(*released)++;
}

static void freed_answer_gives_back_what_it_borrowed_once(void **state)
{
	unsigned released = 0;
	struct answer answer = { .lent = "x", .lent_len = 1, .owner = &released, .release = count_release };

	(void)state;
	answer_free(&answer);
	answer_free(&answer);

	assert_int_equal(released, 1);
	assert_null(answer.lent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_decides_status_handler_and_allow),
		cmocka_unit_test(path_over_the_limit_is_too_long_whatever_its_query),
		cmocka_unit_test(refusals_get_their_body_from_the_side_that_owns_the_table),
		cmocka_unit_test(methods_are_known_in_exactly_their_letters),
		cmocka_unit_test(allow_lists_methods_in_one_order),
		cmocka_unit_test(freed_answer_gives_back_what_it_borrowed_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
