/* SPDX-License-Identifier: ISC */
#include "config/index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PLACES 3000

static struct configured pool[PLACES];
static char names[PLACES][16];
static bool there[PLACES];

/* A third of them share their names with two others. */
static void fill_pool(void)
{
	static const struct terms files[] = { { .file = "/a", .source = "/a" },
					      { .file = "/b", .source = "/b" },
					      { .file = "/c", .source = "/c" } };

	for (size_t i = 0; i < PLACES; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "d%04zu", i % 3 == 0 ? i / 9 : i);
		pool[i] = (struct configured){ names[i], &files[i % 3], (unsigned)i };
		there[i] = false;
	}
}

static void put(struct places *places, size_t i)
{
	const struct said said = { .item = &pool[i], .count = 1 };

	assert_int_equal(places_put(places, &said), ERR_OK);
}

static int by_place(const void *a, const void *b)
{
	const struct configured *left = *(const struct configured *const *)a;
	const struct configured *right = *(const struct configured *const *)b;
	int order = strcmp(left->domain, right->domain);

	if (order == 0)
		order = strcmp(left->terms->file, right->terms->file);
	return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

/* It has what is there, in order, and each is found by its name. */
static void assert_right(const struct index *index)
{
	static const struct configured *expected[PLACES];
	struct index_place place = index_first(index);
	size_t count = 0;

	for (size_t i = 0; i < PLACES; i++) {
		if (there[i])
			expected[count++] = &pool[i];
	}
	qsort(expected, count, sizeof(*expected), by_place);
	assert_int_equal(index->places, count);
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(index_at(&place), expected[i]);
		if (i == 0 || strcmp(expected[i - 1]->domain, expected[i]->domain) != 0) {
			struct index_place found = index_find(index, expected[i]->domain);

			assert_ptr_equal(index_at(&found), expected[i]);
		}
		index_next(&place);
	}
	assert_null(index_at(&place));
}

static void after_any_changes_it_is_what_is_there_in_order(void **state)
{
	struct index index = { 0 };

	(void)state;
	srand(1);
	fill_pool();
	assert_right(&index);
	for (unsigned round = 0; round < 400; round++) {
		struct places out = { 0 }, in = { 0 };
		struct index now = { 0 };
		size_t from = (size_t)rand() % PLACES,
		       count = (size_t)rand() % (round % 10 == 0 ? PLACES : 20);

		for (size_t i = from; i < PLACES && i < from + count; i++) {
			if (rand() % 3 == 0)
				continue;
			there[i] = !there[i];
			put(there[i] ? &in : &out, i);
		}
		places_sort(&out);
		places_sort(&in);
		assert_int_equal(index_make(&index, &out, &in, &now), ERR_OK);
		assert_right(&now);
		index_free(&index);
		index = now;
		places_free(&out);
		places_free(&in);
	}
	index_free(&index);
}

/* Makes an index without one place of another one. */
static void take_out(const struct index *index, size_t i, struct index *now)
{
	struct places out = { 0 }, in = { 0 };

	put(&out, i);
	assert_int_equal(index_make(index, &out, &in, now), ERR_OK);
	places_free(&out);
}

static void a_change_copies_the_blocks_it_touches_and_leaves_the_older_one_whole(void **state)
{
	struct index none = { 0 }, full = { 0 }, now = { 0 };
	struct places out = { 0 }, in = { 0 };
	size_t shared = 0;

	(void)state;
	fill_pool();
	for (size_t i = 0; i < PLACES; i++) {
		there[i] = true;
		put(&in, i);
	}
	places_sort(&in);
	assert_int_equal(index_make(&none, &out, &in, &full), ERR_OK);
	places_free(&in);
	take_out(&full, 1000, &now);
	for (size_t i = 0; i < full.count; i++)
		shared += full.block[i] == now.block[i];
	assert_int_equal(shared, full.count - 1);

	assert_right(&full);
	index_free(&full);
	there[1000] = false;
	assert_right(&now);
	index_free(&now);
}

/* A line that names a domain twice: wherever blocks end, both of its places go. */
static void the_same_place_twice_goes_whole(void **state)
{
	const struct places nothing = { 0 };
	const struct index none = { 0 };

	(void)state;
	fill_pool();
	for (size_t i = 0; i < PLACES; i++)
		(void)snprintf(names[i], sizeof(names[i]), "d%04zu", i);
	for (size_t twice = 1; twice < 300; twice++) {
		const struct configured kept = pool[twice];
		struct places out = { 0 }, in = { 0 };
		struct index full = { 0 }, now = { 0 };

		pool[twice] = pool[twice - 1];
		put(&out, twice - 1);
		put(&out, twice);
		for (size_t i = 0; i < 300; i++) {
			there[i] = i != twice && i != twice - 1;
			put(&in, i);
		}
		assert_int_equal(index_make(&none, &nothing, &in, &full), ERR_OK);
		assert_int_equal(index_make(&full, &out, &nothing, &now), ERR_OK);
		assert_right(&now);
		index_free(&full);
		index_free(&now);
		places_free(&in);
		places_free(&out);
		pool[twice] = kept;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_any_changes_it_is_what_is_there_in_order),
		cmocka_unit_test(a_change_copies_the_blocks_it_touches_and_leaves_the_older_one_whole),
		cmocka_unit_test(the_same_place_twice_goes_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
