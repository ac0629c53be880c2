/* SPDX-License-Identifier: ISC */
#include "client/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What was taken, one behind the other, and where to stop. */
struct taken {
	struct text text;
	unsigned rows;
	unsigned most; /* 0: all */
};

static enum err take(void *context, json_t *row)
{
	struct taken *taken = context;
	char *dump = json_dumps(row, JSON_COMPACT);

	assert_non_null(dump);
	assert_int_equal(text_appendf(&taken->text, "%s;", dump), ERR_OK);
	free(dump);
	return ++taken->rows == taken->most ? ERR_REFUSED : ERR_OK;
}

/* Hand an answer over in two parts, and leave what is left of it. */
static enum err hand(struct taken *taken, const char *bytes, size_t first, struct text *left)
{
	struct rows rows = { .member = "domains", .take = take, .context = taken };
	size_t len = strlen(bytes);
	enum err err;

	assert_int_equal(text_append(left, bytes, first), ERR_OK);
	err = rows_take(&rows, left);
	if (err != ERR_OK)
		return err;
	assert_int_equal(text_append(left, bytes + first, len - first), ERR_OK);
	return rows_take(&rows, left);
}

static void assert_handed(const char *bytes, const char *rows, const char *left)
{
	for (size_t first = 0; first <= strlen(bytes); first++) {
		struct taken taken = { .most = 0 };
		struct text text = { 0 };

		assert_int_equal(hand(&taken, bytes, first, &text), ERR_OK);
		assert_string_equal(taken.text.bytes != NULL ? taken.text.bytes : "", rows);
		assert_string_equal(text.bytes, left);
		text_free(&taken.text);
		text_free(&text);
	}
}

static void rows_are_taken_wherever_the_bytes_are_cut(void **state)
{
	(void)state;
	assert_handed("{\"domains\":[{\"a\":\"x}],\\\"\"},{\"b\":[{\"c\":1}]}],\"unreadable\":[\"]\"]}\n",
		      "{\"a\":\"x}],\\\"\"};{\"b\":[{\"c\":1}]};",
		      "{\"domains\":[],\"unreadable\":[\"]\"]}\n");
	assert_handed("{\"domains\":[ \n {\"a\":\"\xc3\xa4\xe2\x82\xac\"} , \t{\"b\":2} ],\"partial\":true}",
		      "{\"a\":\"\xc3\xa4\xe2\x82\xac\"};{\"b\":2};", "{\"domains\":[],\"partial\":true}");
	assert_handed("{\"domains\":[]}", "", "{\"domains\":[]}");
	assert_handed("{\"domains\":[   ]}", "", "{\"domains\":[]}");
}

static enum err take_behind(void *context, json_t *row)
{
	struct taken *taken = context;

	assert_int_equal(text_appendf(&taken->text, "behind:"), ERR_OK);
	return take(context, row);
}

static void rows_of_a_second_array_are_taken_behind_those_of_the_first(void **state)
{
	static const struct {
		const char *bytes, *rows, *left;
	} cases[] = {
		{ "{\"n\":{\"orders\":[]},\"domains\":[{\"a\":1},{\"orders\":[{}]}],\"x\":[\"orders\"],"
		  "\"orders\":[{\"b\":"
		  "2},{}],\"y\":3}",
		  "{\"a\":1};{\"orders\":[{}]};behind:{\"b\":2};behind:{};",
		  "{\"n\":{\"orders\":[]},\"domains\":[],\"x\":[\"orders\"],\"orders\":[],\"y\":3}" },
		{ "{\"domains\":[],\"orders\":[{\"b\":2}]}", "behind:{\"b\":2};",
		  "{\"domains\":[],\"orders\":[]}" },
		{ "{\"domains\":[{\"a\":1}]}", "{\"a\":1};", "{\"domains\":[]}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t len = strlen(cases[i].bytes);

		for (size_t first = 0; first <= len; first++) {
			struct taken taken = { .most = 0 };
			struct text text = { 0 };
			struct rows rows = { .member = "domains",
					     .take = take,
					     .member_behind = "orders",
					     .take_behind = take_behind,
					     .context = &taken };

			assert_int_equal(text_append(&text, cases[i].bytes, first), ERR_OK);
			assert_int_equal(rows_take(&rows, &text), ERR_OK);
			assert_int_equal(text_append(&text, cases[i].bytes + first, len - first), ERR_OK);
			assert_int_equal(rows_take(&rows, &text), ERR_OK);
			assert_string_equal(taken.text.bytes != NULL ? taken.text.bytes : "", cases[i].rows);
			assert_string_equal(text.bytes, cases[i].left);
			text_free(&taken.text);
			text_free(&text);
		}
	}
}

static void much_may_stand_in_between(void **state)
{
	struct taken taken = { .most = 0 };
	struct rows rows = { .member = "domains",
			     .take = take,
			     .member_behind = "orders",
			     .take_behind = take_behind,
			     .context = &taken };
	struct text text = { 0 };

	(void)state;
	assert_int_equal(text_appendf(&text, "{\"domains\":[{}],\"names\":[\"a\""), ERR_OK);
	for (unsigned i = 0; i < 500; i++) {
		for (unsigned j = 0; j < 1000; j++)
			assert_int_equal(text_appendf(&text, ",\"a\""), ERR_OK);
		assert_int_equal(rows_take(&rows, &text), ERR_OK);
	}
	for (const char *rest = "],\"orders\":[{\"b\":2}]}"; *rest != '\0'; rest++) {
		assert_int_equal(text_append(&text, rest, 1), ERR_OK);
		assert_int_equal(rows_take(&rows, &text), ERR_OK);
	}
	assert_string_equal(taken.text.bytes, "{};behind:{\"b\":2};");
	text_free(&taken.text);
	text_free(&text);
}

static enum err note_head(void *context, json_t *head)
{
	struct taken *taken = context;
	char *dump = json_dumps(head, JSON_COMPACT);

	assert_non_null(dump);
	assert_int_equal(taken->rows, 0);
	assert_int_equal(text_appendf(&taken->text, "%s:", dump), ERR_OK);
	free(dump);
	return taken->most == 1 ? ERR_IO : ERR_OK;
}

static void rows_may_stand_behind_something_else(void **state)
{
	static const char answer[] =
		"{\"dry\":false,\"who\":\"\\\"changes\\\":[{}\",\"changes\":[{\"a\":1},{}],\"n\":2}";

	(void)state;
	for (size_t first = 0; first < sizeof(answer); first++) {
		struct taken taken = { .most = 0 };
		struct rows rows = {
			.member = "changes", .begin = note_head, .take = take, .context = &taken
		};
		struct text text = { 0 };

		assert_int_equal(text_append(&text, answer, first), ERR_OK);
		assert_int_equal(rows_take(&rows, &text), ERR_OK);
		assert_int_equal(text_append(&text, answer + first, strlen(answer + first)), ERR_OK);
		assert_int_equal(rows_take(&rows, &text), ERR_OK);
		assert_string_equal(
			taken.text.bytes,
			"{\"dry\":false,\"who\":\"\\\"changes\\\":[{}\",\"changes\":[]}:{\"a\":1};{};");
		assert_string_equal(text.bytes,
				    "{\"dry\":false,\"who\":\"\\\"changes\\\":[{}\",\"changes\":[],\"n\":2}");
		text_free(&taken.text);
		text_free(&text);
	}
}

static void what_stands_before_them_may_be_no_good(void **state)
{
	static const struct {
		const char *answer;
		unsigned most;
		enum err err;
	} cases[] = {
		{ "{\"a\":x,\"changes\":[", 0, ERR_SYNTAX },
		{ "[\"changes\":[", 0, ERR_SYNTAX },
		{ "{\"changes\":[", 1, ERR_IO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct taken taken = { .most = cases[i].most };
		struct rows rows = {
			.member = "changes", .begin = note_head, .take = take, .context = &taken
		};
		struct text text = { 0 };

		assert_int_equal(text_appendf(&text, "%s", cases[i].answer), ERR_OK);
		assert_int_equal(rows_take(&rows, &text), cases[i].err);
		text_free(&taken.text);
		text_free(&text);
	}
}

/* Refusals, and what another version may answer. */
static void other_answers_stay_as_they_are(void **state)
{
	static const char *const answers[] = { "{\"error\":{\"code\":\"unknown_domain\"}}", "{}", "[]",
					       "{\"domains\": [{\"a\":1}]}", "{\"domainx\":[{\"a\":1}]}" };

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		assert_handed(answers[i], "", answers[i]);
}

static void what_is_no_row_is_an_error(void **state)
{
	static const char *const answers[] = {
		"{\"domains\":[1]}",    "{\"domains\":[{},,{}]}", "{\"domains\":[{}{}]}",
		"{\"domains\":[,{}]}",  "{\"domains\":[{},1]}",   "{\"domains\":[{},]}",
		"{\"domains\":[{}],x]", "{\"domains\":[[]]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct taken taken = { .most = 0 };
		struct text text = { 0 };
		enum err err = hand(&taken, answers[i], 0, &text);

		/* Behind the rows it is for who reads the rest. */
		assert_int_equal(err, i == 6 ? ERR_OK : ERR_SYNTAX);
		text_free(&taken.text);
		text_free(&text);
	}
}

static void a_row_has_an_end(void **state)
{
	struct taken taken = { .most = 0 };
	struct rows rows = { .member = "domains", .take = take, .context = &taken };
	struct text text = { 0 };
	enum err err = ERR_OK;

	(void)state;
	assert_int_equal(text_appendf(&text, "{\"domains\":[{\"a\":\""), ERR_OK);
	for (int i = 0; err == ERR_OK && i < 100; i++) {
		char many[65536];

		memset(many, 'x', sizeof(many));
		assert_int_equal(text_append(&text, many, sizeof(many)), ERR_OK);
		err = rows_take(&rows, &text);
	}
	assert_int_equal(err, ERR_SYNTAX);
	assert_in_range(text.len, 1 << 20, 1200000);
	text_free(&text);
}

static void who_takes_rows_may_stop(void **state)
{
	struct taken taken = { .most = 2 };
	struct text text = { 0 };

	(void)state;
	assert_int_equal(hand(&taken, "{\"domains\":[{},{},{}]}", 0, &text), ERR_REFUSED);
	assert_int_equal(taken.rows, 2);
	text_free(&taken.text);
	text_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_taken_wherever_the_bytes_are_cut),
		cmocka_unit_test(rows_of_a_second_array_are_taken_behind_those_of_the_first),
		cmocka_unit_test(much_may_stand_in_between),
		cmocka_unit_test(rows_may_stand_behind_something_else),
		cmocka_unit_test(what_stands_before_them_may_be_no_good),
		cmocka_unit_test(other_answers_stay_as_they_are),
		cmocka_unit_test(what_is_no_row_is_an_error),
		cmocka_unit_test(a_row_has_an_end),
		cmocka_unit_test(who_takes_rows_may_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
