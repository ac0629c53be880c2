/* SPDX-License-Identifier: ISC */
#include "control/pieces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* So many rows, of which each one is passed over that is no multiple of a number. */
struct rows {
	unsigned next, count, each;
	unsigned fails; /* at which it fails; 0: at none */
};

static enum err put_row(void *owner, struct text *piece)
{
	struct rows *rows = owner;
	unsigned number = rows->next++;

	if (number >= rows->count)
		return ERR_NOT_FOUND;
	if (rows->fails > 0 && number == rows->fails)
		return ERR_STORE;
	return number % rows->each == 0 ? text_appendf(piece, "{\"n\":%u}", number) : ERR_OK;
}

static json_t *answer(void)
{
	return json_pack("{s:s, s:[], s:[]}", "before", "\"rows\":[]", "rows", "others");
}

/* Take all pieces; tells how many there were. */
static unsigned take_all(struct pieces *pieces, struct rows *rows, struct text *text)
{
	unsigned count = 0;
	size_t before;

	do {
		before = text->len;
		assert_int_equal(pieces_next(pieces, put_row, rows, text), ERR_OK);
		count++;
	} while (text->len > before);
	return count - 1;
}

static void assert_whole(struct rows rows, unsigned expected, unsigned least, unsigned most)
{
	struct pieces pieces = { .any = false };
	struct text text = { 0 };
	json_t *json, *array;

	assert_int_equal(pieces_begin(&pieces, answer(), "rows"), ERR_OK);
	assert_in_range(take_all(&pieces, &rows, &text), least, most);
	json = json_loadb(text.bytes, text.len, 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "before")), "\"rows\":[]");
	assert_true(json_is_array(json_object_get(json, "others")));
	array = json_object_get(json, "rows");
	assert_int_equal(json_array_size(array), expected);
	for (size_t i = 0; i < expected; i++)
		assert_int_equal(json_integer_value(json_object_get(json_array_get(array, i), "n")),
				 i * rows.each);
	json_decref(json);
	text_free(&text);
	pieces_free(&pieces);
}

static void rows_come_in_pieces_and_the_rest_around_them(void **state)
{
	(void)state;
	assert_whole((struct rows){ .count = 0, .each = 1 }, 0, 1, 1);
	assert_whole((struct rows){ .count = 1, .each = 1 }, 1, 1, 1);
	assert_whole((struct rows){ .count = 1000, .each = 1 }, 1000, 10, 20);
	assert_whole((struct rows){ .count = 1000, .each = 100 }, 10, 1, 2);
}

/* Rows of one array, then those of another. */
struct both {
	struct pieces pieces;
	struct rows rows[2];
	unsigned at;
};

static enum err put_either(void *owner, struct text *piece)
{
	struct both *both = owner;
	enum err err = put_row(&both->rows[both->at], piece);

	if (err == ERR_NOT_FOUND && both->at == 0) {
		both->at = 1;
		pieces_go_on(&both->pieces, "others");
	}
	return err;
}

static void assert_both(unsigned first, unsigned second)
{
	struct both both = { .rows = { { .count = first, .each = 1 }, { .count = second, .each = 1 } } };
	struct text text = { 0 };
	size_t before;
	json_t *json;

	assert_int_equal(pieces_begin(&both.pieces, answer(), "rows"), ERR_OK);
	do {
		before = text.len;
		assert_int_equal(pieces_next(&both.pieces, put_either, &both, &text), ERR_OK);
	} while (text.len > before);
	json = json_loadb(text.bytes, text.len, 0, NULL);
	assert_non_null(json);
	assert_int_equal(json_array_size(json_object_get(json, "rows")), first);
	assert_int_equal(json_array_size(json_object_get(json, "others")), second);
	json_decref(json);
	text_free(&text);
	pieces_free(&both.pieces);
}

static void rows_of_another_array_come_behind_those_of_one(void **state)
{
	static const unsigned counts[] = { 0, 1, 64, 200 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 4; k++)
			assert_both(counts[i], counts[k]);
	}
}

/* Others have their turn, and the client sees that it goes on. */
static void many_that_are_passed_over_make_a_blank(void **state)
{
	(void)state;
	assert_whole((struct rows){ .count = 10000, .each = 10000 }, 1, 5, 6);
}

static void what_a_row_lacks_cuts_it_off(void **state)
{
	struct rows rows = { .count = 100, .each = 1, .fails = 7 };
	struct pieces pieces = { .any = false };
	struct text text = { 0 };

	(void)state;
	assert_int_equal(pieces_begin(&pieces, answer(), "rows"), ERR_OK);
	assert_int_equal(pieces_next(&pieces, put_row, &rows, &text), ERR_STORE);
	text_free(&text);
	pieces_free(&pieces);
}

static void without_an_answer_there_is_no_memory(void **state)
{
	struct pieces pieces = { .any = false };

	(void)state;
	assert_int_equal(pieces_begin(&pieces, NULL, "rows"), ERR_NO_MEMORY);
	pieces_free(&pieces);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_in_pieces_and_the_rest_around_them),
		cmocka_unit_test(rows_of_another_array_come_behind_those_of_one),
		cmocka_unit_test(many_that_are_passed_over_make_a_blank),
		cmocka_unit_test(what_a_row_lacks_cuts_it_off),
		cmocka_unit_test(without_an_answer_there_is_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
