/* SPDX-License-Identifier: ISC */
#include "serve/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MANY 60

/* Three clients, each with as many turns as it likes. */
struct fixture {
	struct queue queue;
	struct line line[3];
	struct turn turn[3][MANY];
};

static int set_up(void **state)
{
	static struct fixture fix;

	fix = (struct fixture){ 0 };
	queue_init(&fix.queue);
	*state = &fix;
	return 0;
}

static void put(struct fixture *fix, int client, int first, int count)
{
	for (int i = first; i < first + count; i++)
		queue_put(&fix->queue, &fix->line[client], &fix->turn[client][i]);
}

static void assert_next(struct fixture *fix, int client, int number)
{
	assert_ptr_equal(queue_next(&fix->queue), &fix->turn[client][number]);
}

static void nobody_waits_at_first(void **state)
{
	struct fixture *fix = *state;

	assert_true(queue_is_empty(&fix->queue));
	assert_null(queue_next(&fix->queue));
}

static void turns_of_one_client_come_in_their_order(void **state)
{
	struct fixture *fix = *state;

	put(fix, 0, 0, 3);

	assert_false(queue_is_empty(&fix->queue));
	assert_next(fix, 0, 0);
	assert_next(fix, 0, 1);
	assert_next(fix, 0, 2);
	assert_true(queue_is_empty(&fix->queue));
}

static void client_with_many_lets_another_pass_after_one(void **state)
{
	struct fixture *fix = *state;

	put(fix, 0, 0, MANY);
	put(fix, 1, 0, 1);

	assert_next(fix, 0, 0);
	assert_next(fix, 1, 0);
	assert_next(fix, 0, 1);
}

static void clients_that_wait_take_turns(void **state)
{
	struct fixture *fix = *state;

	put(fix, 0, 0, MANY);
	put(fix, 1, 0, 2);
	put(fix, 2, 0, 1);

	assert_next(fix, 0, 0);
	assert_next(fix, 1, 0);
	assert_next(fix, 2, 0);
	assert_next(fix, 0, 1);
	assert_next(fix, 1, 1);
	assert_next(fix, 0, 2);
	assert_next(fix, 0, 3);
}

static void who_comes_again_at_once_lets_others_pass(void **state)
{
	struct fixture *fix = *state;

	put(fix, 0, 0, 1);
	put(fix, 1, 0, 2);

	for (int i = 0; i < 2; i++) {
		assert_next(fix, 0, 0);
		put(fix, 0, 0, 1);
		assert_next(fix, 1, i);
	}
}

static void who_leaves_gets_no_turn(void **state)
{
	struct fixture *fix = *state;

	put(fix, 0, 0, 3);
	put(fix, 1, 0, 1);
	queue_remove(&fix->turn[0][0]);
	queue_remove(&fix->turn[0][0]);
	queue_remove(&fix->turn[1][0]);

	assert_next(fix, 0, 1);
	queue_remove(&fix->turn[0][2]);
	assert_true(queue_is_empty(&fix->queue));
	assert_null(queue_next(&fix->queue));
}

static void who_had_a_turn_or_left_may_wait_again(void **state)
{
	struct fixture *fix = *state;

	put(fix, 0, 0, 2);
	assert_next(fix, 0, 0);
	queue_remove(&fix->turn[0][1]);
	put(fix, 0, 0, 1);
	put(fix, 0, 1, 1);

	assert_next(fix, 0, 0);
	assert_next(fix, 0, 1);
	assert_true(queue_is_empty(&fix->queue));
}

static void who_waits_already_keeps_its_place(void **state)
{
	struct fixture *fix = *state;

	put(fix, 0, 0, 2);
	put(fix, 0, 0, 1);

	assert_next(fix, 0, 0);
	assert_next(fix, 0, 1);
	assert_true(queue_is_empty(&fix->queue));
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_waits_at_first),
		TEST(turns_of_one_client_come_in_their_order),
		TEST(client_with_many_lets_another_pass_after_one),
		TEST(clients_that_wait_take_turns),
		TEST(who_comes_again_at_once_lets_others_pass),
		TEST(who_leaves_gets_no_turn),
		TEST(who_had_a_turn_or_left_may_wait_again),
		TEST(who_waits_already_keeps_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
