/* SPDX-License-Identifier: ISC */
#include "api/ordering.h"
#include "api/shape_ordering.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void every_state_is_read_as_it_is_written_and_says_something(void **unused)
{
	(void)unused;
	for (unsigned i = 1; i < ORDERING_STATE_COUNT; i++) {
		enum ordering_state state = (enum ordering_state)i, read = 0;

		assert_int_equal(ordering_state_parse(ordering_state_text(state), &read), ERR_OK);
		assert_int_equal(read, state);
		assert_in_range(strlen(ordering_state_words(state)), 10, 60);
	}
}

static void every_problem_is_read_as_it_is_written_and_says_something(void **unused)
{
	(void)unused;
	for (unsigned i = 1; i < ORDERING_PROBLEM_COUNT; i++) {
		enum ordering_problem problem = (enum ordering_problem)i, read = 0;

		assert_int_equal(ordering_problem_parse(ordering_problem_text(problem), &read), ERR_OK);
		assert_int_equal(read, problem);
		assert_in_range(strlen(ordering_problem_words(problem)), 10, 60);
	}
}

static void what_is_none_of_them_is_refused(void **unused)
{
	static const char *const odd[] = { "", "Failed", "failed ", "fail", "no-address", "(null)" };
	enum ordering_problem problem;
	enum ordering_state state;

	(void)unused;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		assert_int_equal(ordering_state_parse(odd[i], &state), ERR_SYNTAX);
		assert_int_equal(ordering_problem_parse(odd[i], &problem), ERR_SYNTAX);
	}
}

/* Each of them is found without an order, and somebody has to act on it. */
static void what_holds_an_order_back_is_what_is_seen_before_it(void **unused)
{
	static const enum ordering_state held[] = { ORDERING_FORBIDDEN, ORDERING_ELSEWHERE,
						    ORDERING_NO_ADDRESS, ORDERING_UNREACHED,
						    ORDERING_UNKNOWN };
	unsigned count = 0;

	(void)unused;
	for (size_t i = 0; i < sizeof(held) / sizeof(*held); i++)
		assert_true(ordering_state_holds(held[i]) && ordering_state_fails(held[i]));
	for (unsigned i = 1; i < ORDERING_STATE_COUNT; i++)
		count += ordering_state_holds((enum ordering_state)i);
	assert_int_equal(count, sizeof(held) / sizeof(*held));
}

/* The worst come first, and what waits by itself last. */
static void what_fails_comes_before_what_waits(void **unused)
{
	bool waits = false;

	(void)unused;
	for (unsigned i = 1; i < ORDERING_STATE_COUNT; i++) {
		bool fails = ordering_state_fails((enum ordering_state)i);

		assert_false(fails && waits);
		waits = !fails;
	}
	assert_true(waits);
}

static void a_report_is_read_as_it_is_written(void **unused)
{
	const struct api_certificate_order order = { "example.org", "limited", "2026-12-01T04:10:00Z", NULL };
	const struct api_round round = { .detail = "HTTP 503" };
	struct api_certificate_order order_read;
	struct api_round round_read;
	json_t *one = shape_write(&shape_certificate_order, &order);
	json_t *other = shape_write(&shape_round, &round);

	(void)unused;
	assert_int_equal(shape_read(&shape_certificate_order, one, &order_read), ERR_OK);
	assert_string_equal(order_read.domain, "example.org");
	assert_string_equal(order_read.at, "2026-12-01T04:10:00Z");
	assert_null(order_read.detail);
	assert_int_equal(shape_read(&shape_round, other, &round_read), ERR_OK);
	assert_null(round_read.problem);
	assert_string_equal(round_read.detail, "HTTP 503");
	json_decref(one);
	json_decref(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_is_read_as_it_is_written_and_says_something),
		cmocka_unit_test(every_problem_is_read_as_it_is_written_and_says_something),
		cmocka_unit_test(what_is_none_of_them_is_refused),
		cmocka_unit_test(what_holds_an_order_back_is_what_is_seen_before_it),
		cmocka_unit_test(what_fails_comes_before_what_waits),
		cmocka_unit_test(a_report_is_read_as_it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
