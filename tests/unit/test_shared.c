/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "base/shared.h"

#include "memory.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT  1000
#define ROUNDS 20000

static struct shared_set set = SHARED_SET;

static const char *put(int i)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "string %d", i);

	return shared_put(&set, text, (size_t)len, (uint64_t)i);
}

static const char *find(int i)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "string %d", i);

	return shared_find(&set, text, (size_t)len);
}

static void assert_empty(void)
{
	assert_int_equal(set.count, 0);
	assert_null(set.slot);
}

static void what_is_put_twice_is_kept_once(void **state)
{
	const char *a = shared_put(&set, "same", 4, 7), *b = shared_put(&set, "same?", 4, 8);
	const char *c = shared_find(&set, "same", 4), *d = shared_hold(a);

	(void)state;
	assert_ptr_equal(a, b);
	assert_ptr_equal(a, c);
	assert_ptr_equal(a, d);
	assert_string_equal(a, "same");
	assert_int_equal(shared_len(a), 4);
	assert_int_equal(shared_note(a), 7);
	assert_int_equal(set.count, 1);
	shared_drop(&set, &a);
	shared_drop(&set, &b);
	shared_drop(&set, &c);
	assert_null(c);
	assert_string_equal(d, "same");
	shared_drop(&set, &d);
	shared_drop(&set, &d);
	assert_empty();
}

static void what_nobody_holds_is_not_found(void **state)
{
	const char *a = shared_put(&set, "a", 1, 0), *b = shared_put(&set, "b", 1, 0);

	(void)state;
	shared_drop(&set, &a);
	assert_null(shared_find(&set, "a", 1));
	assert_null(shared_find(&set, "", 0));
	shared_drop(&set, &b);
	assert_empty();
}

static void many_are_found_each_by_its_bytes(void **state)
{
	static const char *held[COUNT];

	(void)state;
	for (int i = 0; i < COUNT; i++)
		held[i] = put(i);
	for (int i = 0; i < COUNT; i++) {
		const char *again = find(i);

		assert_ptr_equal(again, held[i]);
		assert_int_equal(shared_note(again), i);
		assert_int_equal((uintptr_t)again % _Alignof(max_align_t), 0);
		shared_drop(&set, &again);
		if (i % 3 == 0)
			shared_drop(&set, &held[i]);
	}
	for (int i = 0; i < COUNT; i++) {
		const char *again = find(i);

		assert_ptr_equal(again, held[i]);
		shared_drop(&set, &again);
		shared_drop(&set, &held[i]);
	}
	assert_empty();
}

static void without_memory_nothing_is_put_and_nothing_lost(void **state)
{
	const char *held = put(0), *more;
	size_t n = 0;

	(void)state;
	for (int i = 1; i < COUNT; i++) {
		memory_fail_after((size_t)i % 2);
		more = put(i);
		(void)memory_restore();
		n += more == NULL;
		shared_drop(&set, &more);
	}
	assert_true(n > 0);
	more = find(0);
	assert_ptr_equal(more, held);
	shared_drop(&set, &more);
	shared_drop(&set, &held);
	assert_empty();
}

static void *come_and_go(void *context)
{
	bool *wrong = context;

	for (int i = 0; i < ROUNDS; i++) {
		const char *text = i % 2 == 0 ? "even" : "odd";
		const char *held = shared_put(&set, text, strlen(text), 0), *more = shared_hold(held);

		*wrong = *wrong || strcmp(held, text) != 0;
		shared_drop(&set, &held);
		*wrong = *wrong || strcmp(more, text) != 0;
		shared_drop(&set, &more);
	}
	return NULL;
}

static void the_last_may_be_given_up_while_others_come(void **state)
{
	pthread_t thread[4];
	bool wrong[4] = { false };

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, come_and_go, &wrong[i]), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_false(wrong[i]);
	}
	assert_empty();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_twice_is_kept_once),
		cmocka_unit_test(what_nobody_holds_is_not_found),
		cmocka_unit_test(many_are_found_each_by_its_bytes),
		cmocka_unit_test(without_memory_nothing_is_put_and_nothing_lost),
		cmocka_unit_test(the_last_may_be_given_up_while_others_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
