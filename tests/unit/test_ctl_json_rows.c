/* SPDX-License-Identifier: ISC */
#include "ctl/cli/json_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Something in front, something behind, and a text that looks like the rows. */
static const char head[] = "{\"done\":true,\"who\":\"\\\"rows\\\": []\",\"rows\":[]}";
static const char rest[] =
	"{\"done\":true,\"who\":\"\\\"rows\\\": []\",\"rows\":[],\"more\":[],\"n\":{\"a\":1}}";

static json_t *parse(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	return json;
}

static void assert_like_the_whole(size_t count)
{
	char *streamed = NULL, *whole = NULL;
	size_t streamed_len = 0, whole_len = 0;
	FILE *out = open_memstream(&streamed, &streamed_len), *other = open_memstream(&whole, &whole_len);
	struct json_rows rows = { .out = out, .member = "rows" };
	json_t *before = parse(head), *reply = parse(rest),
	       *row = parse("{\"a\":[1,{\"b\":\"\\u00e4\\u007f\"}],\"c\":{}}");
	json_t *array = json_object_get(reply, "rows");

	assert_int_equal(json_rows_begin(&rows, before), ERR_OK);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(json_rows_put(&rows, row), ERR_OK);
	assert_int_equal(json_rows_end(&rows, reply), ERR_OK);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(json_array_append(array, row), 0);
	assert_int_equal(print_json(other, reply), ERR_OK);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(fclose(other), 0);
	assert_string_equal(streamed, whole);
	assert_int_equal(rows.any, count > 0);
	free(streamed);
	free(whole);
	json_decref(before);
	json_decref(reply);
	json_decref(row);
}

static void rows_that_come_are_printed_like_all_of_them(void **state)
{
	(void)state;
	for (size_t count = 0; count < 4; count++)
		assert_like_the_whole(count);
}

static void without_its_array_it_is_no_such_answer(void **state)
{
	struct json_rows rows = { .out = stdout, .member = "others" };
	json_t *reply = parse(rest);

	(void)state;
	assert_int_equal(json_rows_begin(&rows, reply), ERR_SYNTAX);
	assert_int_equal(json_rows_end(&rows, reply), ERR_SYNTAX);
	json_decref(reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_that_come_are_printed_like_all_of_them),
		cmocka_unit_test(without_its_array_it_is_no_such_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
