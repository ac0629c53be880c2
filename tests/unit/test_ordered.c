/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "base/ordered.h"

#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT 5000
#define STEPS 60000

struct object {
	bool is_in;
	uint16_t marks;
	char name[16];
};

struct fix {
	struct ordered ordered;
	struct object object[COUNT]; /* in the order of their names */
};

static int setup(void **state)
{
	struct fix *fix = calloc(1, sizeof(*fix));

	for (int i = 0; fix != NULL && i < COUNT; i++) {
		(void)snprintf(fix->object[i].name, sizeof(fix->object[i].name), "%06d", i);
	}
	if (fix != NULL) {
		fix->ordered.name_at = offsetof(struct object, name);
		fix->ordered.marks_at = offsetof(struct object, marks);
	}
	*state = fix;
	return fix != NULL ? 0 : -1;
}

static void take_out(void *object)
{
	((struct object *)object)->is_in = false;
}

static int teardown(void **state)
{
	struct fix *fix = *state;

	ordered_clear(&fix->ordered, take_out);
	free(fix);
	return 0;
}

static void add(struct fix *fix, int number)
{
	assert_int_equal(ordered_add(&fix->ordered, &fix->object[number]), ERR_OK);
	fix->object[number].is_in = true;
}

static enum err expect_next(void *context, void *object)
{
	struct object **next = context;

	while (!(*next)->is_in)
		++*next;
	assert_ptr_equal(object, *next);
	++*next;
	return ERR_OK;
}

/* Every object is found, has the right one behind it, and is met once on a walk. */
static void check(const struct fix *fix)
{
	const struct object *next = fix->object, *behind = NULL;
	size_t count = 0;

	assert_int_equal(ordered_each(&fix->ordered, expect_next, &next), ERR_OK);
	for (int i = COUNT - 1; i >= 0; i--) {
		const struct object *object = &fix->object[i];

		assert_ptr_equal(ordered_find(&fix->ordered, object->name), object->is_in ? object : NULL);
		assert_ptr_equal(ordered_after(&fix->ordered, object->name), behind);
		behind = object->is_in ? object : behind;
		count += object->is_in;
	}
	assert_ptr_equal(ordered_after(&fix->ordered, NULL), behind);
	assert_ptr_equal(ordered_after(&fix->ordered, ""), behind);
	assert_null(ordered_find(&fix->ordered, ""));
	assert_int_equal(fix->ordered.objects, count);
}

static void nothing_is_found_in_an_empty_set(void **state)
{
	struct fix *fix = *state;

	check(fix);
	assert_null(ordered_remove(&fix->ordered, "000000"));
}

static void names_may_come_in_order(void **state)
{
	for (int i = 0; i < COUNT; i++)
		add(*state, i);
	check(*state);
	/* Blocks that are full: it is no more than a pointer for each. */
	assert_true(((struct fix *)*state)->ordered.count <= COUNT / 256 + 1);
}

static void names_may_come_in_the_opposite_order(void **state)
{
	for (int i = COUNT - 1; i >= 0; i--)
		add(*state, i);
	check(*state);
}

static void names_come_and_go_at_random(void **state)
{
	struct fix *fix = *state;
	uint64_t random = 8461;

	for (int i = 0; i < STEPS; i++) {
		struct object *object;

		random = random * 6364136223846793005U + 1442695040888963407U;
		object = &fix->object[(random >> 33) % COUNT];
		/* It grows to a part of them, and goes down to a few, and so on. */
		if (!object->is_in && i / 10000 % 2 == 0) {
			add(fix, (int)(object - fix->object));
		} else if (i / 10000 % 2 == 1) {
			assert_ptr_equal(ordered_remove(&fix->ordered, object->name),
					 object->is_in ? object : NULL);
			object->is_in = false;
		}
		if (i % 2500 == 0)
			check(fix);
	}
	check(fix);
	for (int i = 0; i < COUNT; i++) {
		if (fix->object[i].is_in)
			assert_ptr_equal(ordered_remove(&fix->ordered, fix->object[i].name), &fix->object[i]);
		fix->object[i].is_in = false;
	}
	check(fix);
	assert_int_equal(fix->ordered.count, 0);
}

/* Each is counted, and found from any name on, as a look at all of them finds it. */
static void check_marks(const struct fix *fix, unsigned mark)
{
	const struct object *behind = NULL;
	size_t count = 0;

	for (int i = COUNT - 1; i >= 0; i--) {
		const struct object *object = &fix->object[i];

		assert_ptr_equal(ordered_after_marked(&fix->ordered, object->name, mark), behind);
		if (!object->is_in || (object->marks >> mark & 1) == 0)
			continue;
		behind = object;
		count++;
	}
	assert_ptr_equal(ordered_after_marked(&fix->ordered, NULL, mark), behind);
	assert_int_equal(fix->ordered.bear[mark], count);
}

static void a_set_that_was_cleared_is_filled_again(void **state)
{
	struct fix *fix = *state;

	fix->ordered.marked = true;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < COUNT; i++)
			add(fix, i);
		ordered_mark(&fix->ordered, &fix->object[7], 1);
		check(fix);
		assert_ptr_equal(ordered_after_marked(&fix->ordered, NULL, 0), &fix->object[7]);
		fix->object[7].marks = 0;
		ordered_clear(&fix->ordered, take_out);
		check(fix);
	}
}

static void marks_are_counted_and_found_whoever_comes_and_goes(void **state)
{
	struct fix *fix = *state;
	uint64_t random = 8461;

	fix->ordered.marked = true;
	for (int i = 0; i < STEPS; i++) {
		struct object *object;

		random = random * 6364136223846793005U + 1442695040888963407U;
		object = &fix->object[(random >> 33) % COUNT];
		/* One that many bear, one that comes and goes, and one that hardly any bears. */
		if (!object->is_in && i / 10000 % 2 == 0)
			add(fix, (int)(object - fix->object));
		else if (object->is_in && i % 3 == 0)
			ordered_mark(&fix->ordered, object,
				     (uint16_t)(1U | (random >> 8 & 2) | (i % 100 == 0 ? 1U << 15 : 0U)));
		else if (object->is_in && i / 10000 % 2 == 1)
			object->is_in = ordered_remove(&fix->ordered, object->name) == NULL;
		if (i % 2500 == 0) {
			check_marks(fix, 0);
			check_marks(fix, 1);
			check_marks(fix, 15);
		}
	}
	check(fix);
	check_marks(fix, 0);
	check_marks(fix, 2);
}

static enum err stop_at_third(void *context, void *object)
{
	int *count = context;

	(void)object;
	return ++*count == 3 ? ERR_REFUSED : ERR_OK;
}

static void a_walk_ends_where_it_is_told_to(void **state)
{
	struct fix *fix = *state;
	int count = 0;

	for (int i = 0; i < 10; i++)
		add(fix, i);
	assert_int_equal(ordered_each(&fix->ordered, stop_at_third, &count), ERR_REFUSED);
	assert_int_equal(count, 3);
}

static void without_memory_nothing_is_added_and_nothing_lost(void **state)
{
	struct fix *fix = *state;
	unsigned refused = 0;

	for (int i = 0; i < COUNT; i++) {
		int number = i * 7 % COUNT;
		bool failed;

		memory_fail_after((size_t)i % 2);
		failed = ordered_add(&fix->ordered, &fix->object[number]) != ERR_OK;
		(void)memory_restore();
		fix->object[number].is_in = !failed;
		refused += failed;
	}
	check(fix);
	assert_true(refused > 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_found_in_an_empty_set),
		TEST(names_may_come_in_order),
		TEST(names_may_come_in_the_opposite_order),
		TEST(names_come_and_go_at_random),
		TEST(a_set_that_was_cleared_is_filled_again),
		TEST(marks_are_counted_and_found_whoever_comes_and_goes),
		TEST(a_walk_ends_where_it_is_told_to),
		TEST(without_memory_nothing_is_added_and_nothing_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
