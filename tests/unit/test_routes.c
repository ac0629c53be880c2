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
	{ "/plain", METHOD_GET, RIGHT_ANY, false, handle_plain, NULL },
	{ "/asked", METHOD_GET, RIGHT_ANY, true, handle_plain, NULL },
	{ "/domains/*", METHOD_GET, RIGHT_ANY, false, handle_star, NULL },
	{ "/domains/*", METHOD_POST, RIGHT_ANY, false, handle_order, NULL },
	{ "/orders", METHOD_POST, RIGHT_ANY, false, handle_order, NULL },
	{ "/found/*", METHOD_GET, RIGHT_ANY, true, handle_star, NULL },
	{ "/seen", METHOD_GET, RIGHT_LOOK, false, handle_plain, NULL },
	{ "/seen", METHOD_POST, RIGHT_ORDER, false, handle_order, NULL },
	{ "/forgotten", METHOD_GET, RIGHT_UNSET, false, handle_plain, NULL },
	{ NULL, 0, RIGHT_UNSET, false, NULL, NULL },
};

static const struct routes routes = { .table = table };

static struct answer ask(enum method method, const char *target)
{
	struct request request = {
		.method = method,
		.target = target,
		.host = "",
		.body = "order",
		.body_len = 5,
		.peer.right = RIGHT_ANY,
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
	struct request request = { .method = METHOD_POST, .target = "/plain", .peer.right = RIGHT_ANY };
	struct answer answer = { 0 };

	(void)state;
	routes_answer(&worded, &request, &answer);

	assert_int_equal(answer.status, 405);
	assert_int_equal(answer.allow, METHOD_GET | METHOD_HEAD);
	assert_string_equal(answer.body.bytes, "no: 405");
	answer_free(&answer);
}

static unsigned told; /* requests that were forbidden */

static void note_forbidden(void *context, const struct request *request)
{
	assert_ptr_equal(context, CONTEXT);
	assert_non_null(request->target);
	told++;
}

static void row_says_what_right_its_request_takes(void **state)
{
	static const struct {
		enum right right;
		enum method method;
		const char *target;
		unsigned status;
	} cases[] = {
		{ RIGHT_UNSET, METHOD_GET, "/plain", 403 },     { RIGHT_ANY, METHOD_GET, "/plain", 200 },
		{ RIGHT_ANY, METHOD_GET, "/seen", 403 },        { RIGHT_LOOK, METHOD_GET, "/seen", 200 },
		{ RIGHT_LOOK, METHOD_HEAD, "/seen", 200 },      { RIGHT_LOOK, METHOD_POST, "/seen", 403 },
		{ RIGHT_ORDER, METHOD_POST, "/seen", 202 },     { RIGHT_OWNER, METHOD_POST, "/seen", 202 },
		{ RIGHT_ANY, METHOD_OTHER, "/seen", 405 },      { RIGHT_ANY, METHOD_GET, "/nothing", 404 },
		{ RIGHT_OWNER, METHOD_GET, "/forgotten", 403 },
	};
	const struct routes guarded = { .table = table, .context = CONTEXT, .forbidden = note_forbidden };
	unsigned forbidden = 0;

	(void)state;
	told = 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct request request = { .method = cases[i].method,
					   .target = cases[i].target,
					   .body = "",
					   .peer.right = cases[i].right };
		struct answer answer = { 0 };
		unsigned allow;
		unsigned status = routes_check(&guarded, &request, &allow);

		routes_answer(&guarded, &request, &answer);
		if (answer.status != cases[i].status ||
		    (status != 0 ? status : answer.status) != answer.status)
			fail_msg("%zu: %u, checked %u", i, answer.status, status);
		assert_int_equal(allow, answer.allow);
		forbidden += cases[i].status == 403 ? 2 : 0;
		answer_free(&answer);
	}
	assert_int_equal(told, forbidden);
}

static void who_has_less_than_the_least_is_not_told_what_there_is(void **state)
{
	const struct routes closed = { .table = table, .least = RIGHT_LOOK };
	struct request request = { .method = METHOD_GET, .body = "", .peer.right = RIGHT_ANY };
	unsigned allow;

	(void)state;
	request.target = "/nothing";
	assert_int_equal(routes_check(&closed, &request, &allow), 403);
	request.target = "/plain";
	assert_int_equal(routes_check(&closed, &request, &allow), 403);
	request.peer.right = RIGHT_LOOK;
	assert_int_equal(routes_check(&closed, &request, &allow), 0);
}

static void what_takes_no_more_than_a_look_changes_nothing(void **state)
{
	struct request request = { .method = METHOD_GET, .body = "", .peer.right = RIGHT_OWNER };

	(void)state;
	request.target = "/plain";
	assert_true(routes_only_looks(&routes, &request));
	request.target = "/seen";
	assert_true(routes_only_looks(&routes, &request));
	request.method = METHOD_POST;
	assert_false(routes_only_looks(&routes, &request));
	request.target = "/nothing";
	assert_false(routes_only_looks(&routes, &request));
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
		cmocka_unit_test(row_says_what_right_its_request_takes),
		cmocka_unit_test(who_has_less_than_the_least_is_not_told_what_there_is),
		cmocka_unit_test(what_takes_no_more_than_a_look_changes_nothing),
		cmocka_unit_test(methods_are_known_in_exactly_their_letters),
		cmocka_unit_test(allow_lists_methods_in_one_order),
		cmocka_unit_test(freed_answer_gives_back_what_it_borrowed_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
