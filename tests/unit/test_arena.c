/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "memory.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void what_is_kept_stays_where_it_is(void **state)
{
	struct arena arena = { 0 };
	const char *first = arena_copy(&arena, "first");
	uint64_t *number = arena_take(&arena, sizeof(*number));
	char *large = arena_take(&arena, (size_t)1 << 20);

	(void)state;
	assert_int_equal((uintptr_t)number % sizeof(*number), 0);
	assert_int_equal(*number, 0);
	*number = UINT64_MAX;
	memset(large, 'x', (size_t)1 << 20);
	for (int i = 0; i < 100000; i++)
		assert_string_equal(arena_copy(&arena, "another"), "another");
	assert_string_equal(first, "first");
	assert_int_equal(*number, UINT64_MAX);
	arena_free(&arena);
	assert_int_equal(arena.held, 0);
}

static void a_hundred_thousand_names_take_hardly_more_than_their_bytes(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		assert_non_null(arena_copy(&arena, "customer-00000.example.org"));
	assert_in_range(arena.held, 2700000, 2800000);
	arena_free(&arena);
}

static void little_is_kept_in_little_room(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	assert_non_null(arena_copy(&arena, "customer-00000.example.org"));
	assert_in_range(arena.held, 1, 200);
	arena_free(&arena);
}

static void without_memory_nothing_is_kept_and_nothing_is_lost(void **state)
{
	struct arena arena = { 0 };
	bool refused = false;

	(void)state;
	memory_fail_after(1);
	for (int i = 0; i < 1000 && !refused; i++)
		refused = arena_take(&arena, 1000) == NULL;
	assert_true(memory_restore());
	assert_true(refused);
	assert_non_null(arena_copy(&arena, "again"));
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept_stays_where_it_is),
		cmocka_unit_test(a_hundred_thousand_names_take_hardly_more_than_their_bytes),
		cmocka_unit_test(little_is_kept_in_little_room),
		cmocka_unit_test(without_memory_nothing_is_kept_and_nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
