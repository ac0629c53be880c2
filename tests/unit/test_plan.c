/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "ctl/acme/plan.h"

#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE 60
#define HOUR   3600
#define DAY    86400

#define NOW       ((time_t)1796083200)
#define DIRECTORY "https://acme-v02.api.letsencrypt.org/directory"

#define MANY 100000

struct fix {
	struct budget budget;
	struct plan plan;
};

static int setup(void **state)
{
	struct fix *fix = calloc(1, sizeof(*fix));

	budget_begin(&fix->budget, DIRECTORY);
	plan_begin(&fix->plan, NOW + 10 * MINUTE);
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fix *fix = *state;

	budget_free(&fix->budget);
	plan_free(&fix->plan);
	free(fix);
	return 0;
}

static struct plan_item item(const char *host, enum urgency urgency, enum due_turn turn, time_t at)
{
	return (struct plan_item){ .due = { .at = at, .urgency = urgency, .turn = turn },
				   .what = urgency <= URGENCY_BARE ? ENTRY_NEW : ENTRY_RENEWAL,
				   .domain = host,
				   .host = host };
}

static void offer(struct fix *fix, struct plan_item offered)
{
	assert_int_equal(plan_offer(&fix->plan, &offered, &fix->budget, NOW), ERR_OK);
}

static void spend(struct fix *fix, enum entry_what what, const char *domain, const char *host, time_t when)
{
	const struct entry order = { .what = what, .when = when, .domain = domain, .host = host };
	const struct entry issued = { .what = ENTRY_ISSUED, .when = when, .host = host };

	assert_int_equal(budget_take(&fix->budget, &order), ERR_OK);
	assert_int_equal(budget_take(&fix->budget, &issued), ERR_OK);
}

static void assert_takes(struct fix *fix, const char *host)
{
	struct plan_item taken;

	assert_int_equal(plan_take(&fix->plan, &fix->budget, NOW, &taken), ERR_OK);
	assert_string_equal(taken.host, host);
}

static void assert_takes_none(struct fix *fix, time_t next)
{
	struct plan_item taken;

	assert_int_equal(plan_take(&fix->plan, &fix->budget, NOW, &taken), ERR_NOT_FOUND);
	assert_int_equal(fix->plan.next, next);
}

static void the_most_urgent_is_ordered_first(void **state)
{
	offer(*state, item("renewal", URGENCY_ORDINARY, TURN_USUAL, NOW - DAY));
	offer(*state, item("ending", URGENCY_ENDING, TURN_USUAL, NOW - HOUR));
	offer(*state, item("bare", URGENCY_BARE, TURN_USUAL, 0));
	offer(*state, item("refused-last", URGENCY_REFUSED, TURN_LAST, NOW - HOUR));
	offer(*state, item("renewal-longer", URGENCY_ORDINARY, TURN_USUAL, NOW - 2 * DAY));
	offer(*state, item("refused", URGENCY_REFUSED, TURN_USUAL, 0));
	offer(*state, item("refused-again", URGENCY_REFUSED, TURN_AGAIN, NOW - HOUR));
	assert_takes(*state, "refused-again");
	assert_takes(*state, "refused");
	assert_takes(*state, "refused-last");
	assert_takes(*state, "bare");
	assert_takes(*state, "ending");
	assert_takes(*state, "renewal-longer");
	assert_takes(*state, "renewal");
	assert_takes_none(*state, 0);
}

static void of_those_that_are_held_back_chance_decides_who_comes_first(void **state)
{
	struct plan_item one = item("one", URGENCY_BARE, TURN_HELD_BACK, 0), other = one;

	other.host = "other";
	one.due.among = 2;
	other.due.among = 1;
	other.due.at = NOW - HOUR;
	one.due.at = NOW - DAY;
	offer(*state, one);
	offer(*state, other);
	offer(*state, item("failed", URGENCY_BARE, TURN_LAST, NOW - HOUR));
	assert_takes(*state, "failed");
	assert_takes(*state, "other");
	assert_takes(*state, "one");
}

static void what_is_not_due_is_not_held(void **state)
{
	struct fix *fix = *state;

	offer(fix, item("later", URGENCY_ORDINARY, TURN_USUAL, NOW + DAY));
	offer(fix, item("soon", URGENCY_ORDINARY, TURN_USUAL, NOW + 1));
	assert_int_equal(plan_count(&fix->plan), 0);
	assert_takes_none(fix, NOW + 1);
}

static void a_domain_that_has_spent_its_budget_does_not_keep_others_waiting(void **state)
{
	struct fix *fix = *state;

	for (unsigned i = 0; i < 50; i++) {
		char host[16];

		(void)snprintf(host, sizeof(host), "%u.full", i);
		spend(fix, ENTRY_NEW, "full", host, NOW - DAY);
	}
	offer(fix, item("full", URGENCY_REFUSED, TURN_USUAL, 0));
	offer(fix, item("bare", URGENCY_BARE, TURN_USUAL, 0));
	assert_int_equal(plan_count(&fix->plan), 1);
	assert_takes(fix, "bare");
	assert_takes_none(fix, NOW + 6 * DAY + MINUTE);
}

static void a_budget_that_is_spent_in_between_is_asked_again(void **state)
{
	struct fix *fix = *state;

	for (unsigned i = 0; i < 49; i++) {
		char host[16];

		(void)snprintf(host, sizeof(host), "%u.full", i);
		spend(fix, ENTRY_NEW, "full", host, NOW - DAY);
	}
	for (unsigned i = 0; i < 3; i++) {
		struct plan_item offered = item(i == 0   ? "a"
						: i == 1 ? "b"
							 : "c",
						URGENCY_REFUSED, TURN_USUAL, i);

		offered.domain = "full";
		offer(fix, offered);
	}
	assert_takes(fix, "a");
	spend(fix, ENTRY_NEW, "full", "a", NOW);
	assert_takes_none(fix, NOW + 6 * DAY + MINUTE);
}

static void spend_300(struct fix *fix, time_t when)
{
	for (unsigned i = 0; i < 300; i++) {
		char host[16];

		(void)snprintf(host, sizeof(host), "%u.before", i);
		spend(fix, ENTRY_NEW, host, host, when);
	}
}

static void an_account_limit_that_ends_within_the_run_is_waited_for(void **state)
{
	struct fix *fix = *state;
	struct plan_item taken;

	spend_300(fix, NOW - 3 * HOUR);
	offer(fix, item("bare", URGENCY_BARE, TURN_USUAL, 0));
	offer(fix, item("renewal", URGENCY_ORDINARY, TURN_USUAL, 1));
	assert_takes(fix, "renewal");
	assert_int_equal(plan_take(&fix->plan, &fix->budget, NOW, &taken), ERR_AGAIN);
	assert_int_equal(fix->plan.next, NOW + MINUTE);
	assert_int_equal(plan_take(&fix->plan, &fix->budget, NOW + MINUTE, &taken), ERR_OK);
	assert_string_equal(taken.host, "bare");
}

static void an_account_limit_that_ends_after_the_run_is_not(void **state)
{
	struct fix *fix = *state;

	spend_300(fix, NOW - 2 * HOUR);
	offer(fix, item("bare", URGENCY_BARE, TURN_USUAL, 0));
	assert_int_equal(plan_count(&fix->plan), 0);
	assert_takes_none(fix, NOW + HOUR + MINUTE);
}

/* Due and possible, all of them: the most that can be held. */
static void a_hundred_thousand_names_take_little_time_and_room(void **state)
{
	struct fix *fix = *state;
	char(*host)[16] = calloc(MANY, sizeof(*host));
	struct plan_item taken, before = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(host[i], sizeof(host[i]), "%zu.example", i);
		offer(fix, item(host[i], i % 4 + 1, i % 3 + 1, (time_t)(i * 7919 % MANY)));
	}
	assert_int_equal(plan_count(&fix->plan), MANY);
	assert_true((fix->plan.fresh.capacity + fix->plan.renewals.capacity) * sizeof(taken) < 16 << 20);
	for (; plan_take(&fix->plan, &fix->budget, NOW, &taken) == ERR_OK; count++) {
		assert_true(before.due.urgency <= taken.due.urgency);
		assert_true(before.due.urgency < taken.due.urgency || before.due.turn <= taken.due.turn);
		before = taken;
	}
	assert_int_equal(count, MANY);
	free(host);
}

static void without_memory_a_plan_is_as_before(void **state)
{
	struct fix *fix = *state;
	struct plan_item offered = item("bare", URGENCY_BARE, TURN_USUAL, 0);

	memory_fail_after(0);
	assert_int_equal(plan_offer(&fix->plan, &offered, &fix->budget, NOW), ERR_NO_MEMORY);
	assert_true(memory_restore());
	assert_int_equal(plan_count(&fix->plan), 0);
	offer(fix, offered);
	assert_takes(fix, "bare");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_most_urgent_is_ordered_first),
		TEST(of_those_that_are_held_back_chance_decides_who_comes_first),
		TEST(what_is_not_due_is_not_held),
		TEST(a_domain_that_has_spent_its_budget_does_not_keep_others_waiting),
		TEST(a_budget_that_is_spent_in_between_is_asked_again),
		TEST(an_account_limit_that_ends_within_the_run_is_waited_for),
		TEST(an_account_limit_that_ends_after_the_run_is_not),
		TEST(a_hundred_thousand_names_take_little_time_and_room),
		TEST(without_memory_a_plan_is_as_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
