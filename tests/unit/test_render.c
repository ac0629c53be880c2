/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "policy/syntax.h"

#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_renders(const struct policy *policy, const char *bytes)
{
	struct text text = { 0 };

	assert_int_equal(syntax_render(policy, &text), ERR_OK);
	assert_string_equal(text.bytes, bytes);
	assert_int_equal(text.len, strlen(bytes));
	text_free(&text);
}

static void a_policy_has_one_form_to_the_byte(void **state)
{
	char *patterns[] = { (char[]){ "mail.example.org" }, (char[]){ "*.example.net" } };
	struct policy policy = { .mode = MODE_ENFORCE,
				 .max_age = 604800,
				 .mx = { .item = patterns, .count = 2 } };

	(void)state;
	assert_renders(&policy,
		       "version: STSv1\r\nmode: enforce\r\nmx: mail.example.org\r\nmx: *.example.net\r\n"
		       "max_age: 604800\r\n");
	policy.mode = MODE_TESTING;
	policy.max_age = 31557600;
	policy.mx.count = 1;
	assert_renders(&policy,
		       "version: STSv1\r\nmode: testing\r\nmx: mail.example.org\r\nmax_age: 31557600\r\n");
}

static void mode_none_needs_no_mx(void **state)
{
	struct policy policy = { .mode = MODE_NONE, .max_age = 86400 };

	(void)state;
	assert_renders(&policy, "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n");
}

static void a_policy_is_appended_to_what_is_there(void **state)
{
	struct policy policy = { .mode = MODE_NONE };
	struct text text = { 0 };

	(void)state;
	assert_int_equal(text_append(&text, "x", 1), ERR_OK);
	assert_int_equal(syntax_render(&policy, &text), ERR_OK);
	assert_string_equal(text.bytes, "xversion: STSv1\r\nmode: none\r\nmax_age: 0\r\n");
	text_free(&text);
}

static void what_has_no_mode_has_no_text(void **state)
{
	struct policy policy = { .max_age = 86400 };
	struct text text = { 0 };

	(void)state;
	assert_int_equal(syntax_render(&policy, &text), ERR_SYNTAX);
	text_free(&text);
}

static void what_some_sender_would_cut_is_out_of_range_and_counts_the_policy_alone(void **state)
{
	static char filler[POLICY_TEXT_LIMIT];
	char *patterns[700];
	char pattern[] = "mail.example.org";
	struct policy policy = { .mode = MODE_ENFORCE, .mx = { .item = patterns } };
	struct text text = { 0 };

	(void)state;
	for (size_t i = 0; i < 700; i++)
		patterns[i] = pattern;
	memset(filler, 'x', sizeof(filler));
	policy.mx.count = 400; /* 8.8 KB */
	assert_int_equal(text_append(&text, filler, sizeof(filler)), ERR_OK);
	assert_int_equal(syntax_render(&policy, &text), ERR_OK);
	policy.mx.count = 500; /* 11 KB */
	assert_int_equal(syntax_render(&policy, &text), ERR_RANGE);
	text_free(&text);
}

static void without_memory_nothing_is_promised(void **state)
{
	struct policy policy = { .mode = MODE_NONE };
	struct text text = { 0 };

	(void)state;
	memory_fail_after(0);
	assert_int_equal(syntax_render(&policy, &text), ERR_NO_MEMORY);
	assert_true(memory_restore());
	text_free(&text);
}

static bool peek(const char *bytes, enum mode *mode, uint32_t *max_age)
{
	return syntax_peek(bytes, strlen(bytes), mode, max_age);
}

static void what_was_rendered_is_known_by_a_look(void **state)
{
	char *patterns[] = { (char[]){ "mail.example.org" }, (char[]){ "*.example.net" } };
	static const enum mode modes[] = { MODE_ENFORCE, MODE_TESTING, MODE_NONE };
	static const uint32_t ages[] = { 0, 1, 604800, POLICY_MAX_AGE_LIMIT };

	(void)state;
	for (size_t i = 0; i < 3 * 4 * 3; i++) {
		const struct policy policy = { .mode = modes[i % 3],
					       .max_age = ages[i / 3 % 4],
					       .mx = { .item = patterns, .count = i / 12 } };
		struct text text = { 0 };
		enum mode mode = MODE_UNKNOWN;
		uint32_t max_age = 7;

		assert_int_equal(syntax_render(&policy, &text), ERR_OK);
		assert_true(syntax_peek(text.bytes, text.len, &mode, &max_age));
		assert_int_equal(mode, policy.mode);
		assert_int_equal(max_age, policy.max_age);
		for (size_t len = 0; len < text.len; len++)
			assert_false(syntax_peek(text.bytes, len, &mode, &max_age));
		text_free(&text);
	}
}

static void what_was_not_rendered_needs_more_than_a_look(void **state)
{
	static const char *const others[] = {
		"",
		"version: STSv1\nmode: none\nmax_age: 86400\n",
		"version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n\r\n",
		"version: STSv1\r\nmode: none\r\nmax_age: 31557601\r\n",
		"version: STSv1\r\nmode: none\r\nmax_age: 99999999999999999999999\r\n",
		"version: STSv1\r\nmode: none\r\nmax_age: \r\n",
		"version: STSv1\r\nmode: nonesuch\r\nmax_age: 86400\r\n",
		"version: STSv1\r\nmax_age: 86400\r\nmode: none\r\n",
		"mode: none\r\nversion: STSv1\r\nmax_age: 86400\r\n",
		"version: STSv1\r\nmode: none\r\nmx: x\r\nmx_age: 86400\r\n",
		"version: STSv1\r\nmode: none max_age: 86400\r\n",
		"version: STSv1\r\nmode: none\r\nmax_age: 1\r\nmax_age: 86400\r\n",
		"version: STSv1\r\nmode: none\r\nmx: x\r\nmode: enforce\r\nmax_age: 86400\r\n",
		"version: STSv1\r\nmode: none\r\nmx: x",
		"max_age: 86400\r\n",
	};
	enum mode mode;
	uint32_t max_age;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(peek(others[i], &mode, &max_age));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_has_one_form_to_the_byte),
		cmocka_unit_test(mode_none_needs_no_mx),
		cmocka_unit_test(a_policy_is_appended_to_what_is_there),
		cmocka_unit_test(what_has_no_mode_has_no_text),
		cmocka_unit_test(what_some_sender_would_cut_is_out_of_range_and_counts_the_policy_alone),
		cmocka_unit_test(without_memory_nothing_is_promised),
		cmocka_unit_test(what_was_rendered_is_known_by_a_look),
		cmocka_unit_test(what_was_not_rendered_needs_more_than_a_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
