/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "memory.h"

#include "api/shape_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One of everything. */
struct api_inner {
	const char *name;
	json_int_t count;
};

struct api_sample {
	const char *text, *maybe, *seldom;
	char when[SHAPE_TIME_SIZE], never[SHAPE_TIME_SIZE];
	enum mode mode, none;
	json_int_t count, most;
	bool yes, known;
	struct api_inner inner, empty;
	json_t *names, *rows;
};

static const struct shape_field inner_fields[] = {
	SHAPE_ROW_STRING(api_inner, name, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_inner, count, SHAPE_ALWAYS, 0),
	SHAPE_ROW_END,
};
static const struct shape inner_shape = { "Inner", inner_fields, NULL };

static const struct shape_field sample_fields[] = {
	SHAPE_ROW_STRING(api_sample, seldom, SHAPE_MAY_MISS),
	SHAPE_ROW_STRING(api_sample, text, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_sample, maybe, SHAPE_OR_NULL),
	SHAPE_ROW_TIME(api_sample, when, SHAPE_ALWAYS),
	SHAPE_ROW_TIME(api_sample, never, SHAPE_OR_NULL),
	SHAPE_ROW_MODE(api_sample, mode, SHAPE_ALWAYS),
	SHAPE_ROW_MODE(api_sample, none, SHAPE_OR_NULL),
	SHAPE_ROW_INTEGER(api_sample, count, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_sample, most, SHAPE_OR_NULL, 1),
	SHAPE_ROW_BOOLEAN(api_sample, yes, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN_OR_TRUE(api_sample, known, SHAPE_LATER),
	SHAPE_ROW_OBJECT(api_sample, inner, SHAPE_ALWAYS, api_inner, &inner_shape),
	SHAPE_ROW_OBJECT(api_sample, empty, SHAPE_OR_NULL, api_inner, &inner_shape),
	SHAPE_ROW_STRINGS(api_sample, names, SHAPE_ALWAYS),
	SHAPE_ROW_OBJECTS(api_sample, rows, SHAPE_OR_NULL, &inner_shape),
	SHAPE_ROW_END,
};
static const struct shape sample_shape = { "Sample", sample_fields, NULL };

static struct api_sample sample(const char *text)
{
	return (struct api_sample){ .text = text,
				    .seldom = text != NULL && *text == 's' ? "there" : NULL,
				    .when = "2026-11-23T16:00:00Z",
				    .mode = MODE_NONE,
				    .count = text == NULL ? -7 : INT64_MAX,
				    .most = 3,
				    .yes = true,
				    .inner = { "in", 3 },
				    .names = json_pack("[s]", "n"),
				    .rows = json_pack("[{s:s, s:i}]", "name", "r", "count", 4) };
}

static char *by_jansson(const char *string)
{
	const struct api_sample from = sample(string);
	json_t *json = shape_write(&sample_shape, &from);
	char *dump = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	assert_non_null(dump);
	return dump;
}

static void assert_same(const char *string)
{
	const struct api_sample from = sample(string);
	struct text text = { 0 };
	char *dump = by_jansson(string);

	assert_int_equal(shape_append(&sample_shape, &from, &text), ERR_OK);
	assert_string_equal(text.bytes, dump);
	assert_int_equal(text.len, strlen(dump));
	text_free(&text);
	free(dump);
}

static void what_is_appended_is_what_jansson_writes(void **state)
{
	(void)state;
	assert_same("a");
	assert_same("seldom");
	assert_same("");
	assert_same("version: STSv1\r\nmode: none\r\n");
	assert_same("\"quoted\" \\ and /");
	assert_same("b\xc3\xbc"
		    "cher");
	assert_same(NULL);
}

static void any_byte_is_written_as_jansson_writes_it(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++)
		assert_same((const char[]){ 'x', (char)c, 'y', '\0' });
}

static void without_memory_it_is_an_error_and_nothing_is_kept(void **state)
{
	char *dump = by_jansson("a\xff");
	bool failed = true;

	(void)state;
	json_set_alloc_funcs(malloc, free);
	for (size_t granted = 0; failed; granted++) {
		const struct api_sample from = sample("a\xff");
		struct text text = { 0 };
		enum err err;

		json_incref(from.names);
		json_incref(from.rows);
		memory_fail_after(granted);
		err = shape_append(&sample_shape, &from, &text);
		failed = memory_restore();
		if (err == ERR_OK)
			assert_string_equal(text.bytes, dump);
		assert_true(failed || err == ERR_OK);
		assert_int_equal(from.names->refcount, 1);
		assert_int_equal(from.rows->refcount, 1);
		json_decref(from.names);
		json_decref(from.rows);
		text_free(&text);
	}
	free(dump);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_appended_is_what_jansson_writes),
		cmocka_unit_test(any_byte_is_written_as_jansson_writes_it),
		cmocka_unit_test(without_memory_it_is_an_error_and_nothing_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
