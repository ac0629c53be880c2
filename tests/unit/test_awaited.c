/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "memory.h"

#include "core/awaited.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW    ((time_t)1800000000)
#define NEVER  ((time_t)INT64_MAX)
#define WAITS  8
#define FAILED 1

static int set_up(void **state)
{
	return awaited_new((struct awaited **)state) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	awaited_free((struct awaited **)state);
	return 0;
}

static void put(struct awaited *awaited, const char *domain, unsigned what, const char *detail, time_t now)
{
	const struct awaited_order order = { domain, what, now < NEVER ? now + 1 : now, detail };

	assert_int_equal(awaited_put(awaited, &order, now), ERR_OK);
}

static void assert_known(struct awaited *awaited, const char *domain, unsigned what, const char *detail,
			 time_t now)
{
	struct awaited_order order;

	assert_true(awaited_find(awaited, domain, now, &order));
	assert_string_equal(order.domain, domain);
	assert_int_equal(order.state, what);
	if (detail == NULL)
		assert_null(order.detail);
	else
		assert_string_equal(order.detail, detail);
}

static void assert_unknown(struct awaited *awaited, const char *domain, time_t now)
{
	struct awaited_order order;

	assert_false(awaited_find(awaited, domain, now, &order));
}

static void what_is_reported_takes_the_place_of_what_was_known(void **state)
{
	struct awaited *awaited = *state;

	assert_unknown(awaited, "a.example", NOW);
	put(awaited, "a.example", FAILED, "HTTP 500", NOW);
	assert_known(awaited, "a.example", FAILED, "HTTP 500", NOW);
	put(awaited, "a.example", WAITS, "", NOW);
	assert_known(awaited, "a.example", WAITS, NULL, NOW);
	assert_int_equal(awaited_count(awaited, FAILED, NOW), 0);
	assert_int_equal(awaited_count(awaited, WAITS, NOW), 1);
	awaited_forget(awaited, "a.example");
	awaited_forget(awaited, "b.example");
	assert_unknown(awaited, "a.example", NOW);
	assert_int_equal(awaited_count(awaited, WAITS, NOW), 0);
}

static void a_detail_is_known_as_long_as_the_state_is_the_same(void **state)
{
	put(*state, "a.example", FAILED, "the words", NOW);
	put(*state, "a.example", FAILED, NULL, NOW + 3000);
	assert_known(*state, "a.example", FAILED, "the words", NOW + 6000);
	put(*state, "a.example", WAITS, NULL, NOW + 6000);
	assert_known(*state, "a.example", WAITS, NULL, NOW + 6000);
}

static void it_is_known_for_an_hour_from_the_last_report_on(void **state)
{
	struct awaited *awaited = *state;

	put(awaited, "a.example", FAILED, "x", NOW);
	put(awaited, "b.example", FAILED, "x", NOW);
	put(awaited, "a.example", FAILED, "x", NOW + 600);
	assert_int_equal(awaited_count(awaited, FAILED, NOW + AWAITED_LIFETIME - 1), 2);
	assert_int_equal(awaited_count(awaited, FAILED, NOW + AWAITED_LIFETIME), 1);
	assert_unknown(awaited, "b.example", NOW + AWAITED_LIFETIME);
	assert_known(awaited, "a.example", FAILED, "x", NOW + 600 + AWAITED_LIFETIME - 1);
	assert_unknown(awaited, "a.example", NOW + 600 + AWAITED_LIFETIME);
	assert_int_equal(awaited_details(awaited), 0);
}

static void a_clock_that_is_taken_back_keeps_nothing_for_ever(void **state)
{
	struct awaited *awaited = *state;

	put(awaited, "a.example", FAILED, "x", NOW + 86400);
	put(awaited, "b.example", FAILED, "x", NOW);
	assert_unknown(awaited, "a.example", NOW);
	assert_known(awaited, "b.example", FAILED, "x", NOW);
	put(awaited, "c.example", FAILED, "x", INT64_MAX);
	assert_unknown(awaited, "c.example", INT64_MIN);
}

static void all_are_found_in_order_and_those_of_a_state_alone(void **state)
{
	struct awaited *awaited = *state;
	struct awaited_order order = { 0 };
	unsigned found = 0;

	for (unsigned i = 0; i < 1000; i++) {
		char domain[32];

		(void)snprintf(domain, sizeof(domain), "d%03u.example", (i * 7) % 1000);
		put(awaited, domain, (i * 7) % 1000 % 10 == 0 ? FAILED : WAITS, "the same", NOW);
	}
	while (awaited_after(awaited, order.domain, NOW, &order)) {
		char domain[32];

		(void)snprintf(domain, sizeof(domain), "d%03u.example", found++);
		assert_string_equal(order.domain, domain);
		assert_int_equal(order.at, NOW + 1);
	}
	assert_int_equal(found, 1000);
	order.domain = NULL;
	for (found = 0; awaited_after_in(awaited, order.domain, FAILED, NOW, &order); found++)
		assert_int_equal(order.state, FAILED);
	assert_int_equal(found, 100);
	assert_int_equal(awaited_count(awaited, FAILED, NOW), 100);
	assert_int_equal(awaited_details(awaited), strlen("the same"));
}

/* Each is 400 bytes long, and no two are alike. */
static void put_different(struct awaited *awaited, unsigned number, time_t now)
{
	char domain[32], detail[401];

	(void)snprintf(domain, sizeof(domain), "d%06u.example", number);
	(void)snprintf(detail, sizeof(detail), "%0400u", number);
	put(awaited, domain, FAILED, detail, now);
}

static void beyond_what_all_details_may_have_they_are_left_out(void **state)
{
	struct awaited *awaited = *state;
	const unsigned most = AWAITED_DETAILS_MAX / 400;
	struct awaited_order order;

	for (unsigned i = 0; i < 2 * most; i++)
		put_different(awaited, i, NOW);
	assert_in_range(awaited_details(awaited), AWAITED_DETAILS_MAX - 400, AWAITED_DETAILS_MAX);
	assert_int_equal(awaited_count(awaited, FAILED, NOW), 2 * most);
	assert_true(awaited_find(awaited, "d000000.example", NOW, &order));
	assert_non_null(order.detail);
	assert_true(awaited_find(awaited, "d020000.example", NOW, &order));
	assert_null(order.detail);

	awaited_forget(awaited, "d000000.example");
	put_different(awaited, 20000, NOW);
	assert_true(awaited_find(awaited, "d020000.example", NOW, &order));
	assert_non_null(order.detail);
}

static void a_round_says_when_for_good_and_what_for_an_hour(void **state)
{
	struct awaited *awaited = *state;
	const struct awaited_round given = {
		.reported = NOW, .problem = 3, .detail = "no", .next = NOW + 60
	};
	struct awaited_round round = awaited_last_round(awaited, NOW);

	assert_int_equal(round.reported, 0);
	awaited_put_round(awaited, &given);
	round = awaited_last_round(awaited, NOW + AWAITED_LIFETIME - 1);
	assert_int_equal(round.problem, 3);
	assert_string_equal(round.detail, "no");
	assert_int_equal(round.next, NOW + 60);
	round = awaited_last_round(awaited, NOW + AWAITED_LIFETIME);
	assert_int_equal(round.reported, NOW);
	assert_int_equal(round.problem, 0);
	assert_null(round.detail);
	assert_int_equal(round.next, 0);
}

static void want_of_memory_loses_a_detail_or_the_new_row_and_nothing_else(void **state)
{
	const struct awaited_order order = { "b.example", WAITS, 0, "some detail that no other has" };
	bool refused = true;

	for (size_t granted = 0; refused; granted++) {
		struct awaited *awaited = NULL;
		enum err err;

		assert_int_equal(awaited_new(&awaited), ERR_OK);
		put(awaited, "a.example", FAILED, NULL, NOW);
		memory_fail_after(granted);
		err = awaited_put(awaited, &order, NOW);
		refused = memory_restore();
		assert_known(awaited, "a.example", FAILED, NULL, NOW);
		assert_int_equal(awaited_count(awaited, WAITS, NOW), err == ERR_OK);
		assert_true(refused || err == ERR_OK);
		awaited_free(&awaited);
	}
	(void)state;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_is_reported_takes_the_place_of_what_was_known),
		TEST(a_detail_is_known_as_long_as_the_state_is_the_same),
		TEST(it_is_known_for_an_hour_from_the_last_report_on),
		TEST(a_clock_that_is_taken_back_keeps_nothing_for_ever),
		TEST(all_are_found_in_order_and_those_of_a_state_alone),
		TEST(beyond_what_all_details_may_have_they_are_left_out),
		TEST(a_round_says_when_for_good_and_what_for_an_hour),
		cmocka_unit_test(want_of_memory_loses_a_detail_or_the_new_row_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
