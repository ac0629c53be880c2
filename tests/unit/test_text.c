/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "base/text.h"

#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void appended_bytes_are_kept_and_terminated(void **state)
{
	struct text text = { 0 };

	(void)state;
	assert_int_equal(text_append(&text, "a\0b", 3), ERR_OK);
	assert_int_equal(text_appendf(&text, "%d-%s", 7, "x"), ERR_OK);
	assert_int_equal(text.len, 6);
	assert_memory_equal(text.bytes, "a\0b7-x", 7);
	text_free(&text);
	assert_null(text.bytes);
	assert_int_equal(text.len, 0);
}

static void a_text_grows_as_far_as_needed(void **state)
{
	struct text text = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(text_append(&text, "0123456789", 10), ERR_OK);
	assert_int_equal(text.len, 10000);
	assert_int_equal(strlen(text.bytes), 10000);
	assert_memory_equal(text.bytes + 9990, "0123456789", 10);
	text_free(&text);
}

static void there_is_always_room_for_the_end(void **state)
{
	char bytes[200] = { 0 };

	(void)state;
	for (size_t len = 0; len < sizeof(bytes); len++) {
		struct text text = { 0 };

		assert_int_equal(text_append(&text, bytes, len), ERR_OK);
		assert_true(text.capacity > len);
		text_free(&text);
	}
}

static void appending_nothing_still_terminates(void **state)
{
	struct text text = { 0 };

	(void)state;
	assert_int_equal(text_append(&text, NULL, 0), ERR_OK);
	assert_string_equal(text.bytes, "");
	text_free(&text);
}

static void without_memory_the_text_is_as_before(void **state)
{
	struct text text = { 0 };
	char large[200];

	(void)state;
	memset(large, 'x', sizeof(large));
	assert_int_equal(text_append(&text, "abc", 3), ERR_OK);
	memory_fail_after(0);
	assert_int_equal(text_append(&text, large, sizeof(large)), ERR_NO_MEMORY);
	memory_fail_after(0);
	assert_int_equal(text_appendf(&text, "%.200s", large), ERR_NO_MEMORY);
	assert_true(memory_restore());
	assert_string_equal(text.bytes, "abc");
	assert_int_equal(text.len, 3);
	text_free(&text);
}

static void a_length_that_no_memory_can_have_is_refused(void **state)
{
	struct text text = { 0 };

	(void)state;
	assert_int_equal(text_append(&text, "x", 1), ERR_OK);
	assert_int_equal(text_append(&text, "x", SIZE_MAX - 1), ERR_NO_MEMORY);
	assert_string_equal(text.bytes, "x");
	text_free(&text);
}

static void plain_bytes_are_shown_as_they_are(void **state)
{
	char shown[TEXT_SHOWN_SIZE];

	(void)state;
	assert_string_equal(text_escape("mail.example.org ~", 18, shown), "mail.example.org ~");
	assert_string_equal(text_escape("", 0, shown), "");
}

static void control_quote_and_foreign_bytes_become_hexadecimal(void **state)
{
	char shown[TEXT_SHOWN_SIZE];

	(void)state;
	assert_string_equal(text_escape("a\n\"\\\x7f\xff\x1b\0z", 9, shown),
			    "a\\x0a\\x22\\x5c\\x7f\\xff\\x1b\\x00z");
}

static void a_long_value_is_cut_and_says_so(void **state)
{
	char shown[TEXT_SHOWN_SIZE];
	char plain[300];
	char foreign[300];

	(void)state;
	memset(plain, 'x', sizeof(plain));
	memset(foreign, '\n', sizeof(foreign));
	assert_true(strlen(text_escape(plain, sizeof(plain), shown)) < TEXT_SHOWN_SIZE);
	assert_string_equal(shown + strlen(shown) - 4, "x...");
	assert_true(strlen(text_escape(foreign, sizeof(foreign), shown)) < TEXT_SHOWN_SIZE);
	assert_string_equal(shown + strlen(shown) - 7, "\\x0a...");
}

static void what_is_no_plain_ascii_is_shown_as_hexadecimal_and_backslashes_stay(void **state)
{
	struct text text = { 0 };
	char shown[32];

	(void)state;
	assert_string_equal(text_show("/a b/\\\"\n\x1b\x7f", shown, sizeof(shown)),
			    "/a b/\\\"\\x0a\\x1b\\x7f");
	/* A C1 control, a mark of writing direction, a byte that is no UTF-8, a letter. */
	assert_int_equal(text_append_shown(&text, "\xc2\x9b|\xe2\x80\xae|\xff|\xc3\xbc"), ERR_OK);
	assert_string_equal(text.bytes, "\\xc2\\x9b|\\xe2\\x80\\xae|\\xff|\\xc3\\xbc");
	assert_int_equal(text_append_shown(&text, ""), ERR_OK);
	assert_int_equal(text.len, strlen(text.bytes));
	text_free(&text);
}

static void what_is_shown_is_cut_to_its_room_and_never_within_a_byte(void **state)
{
	char shown[6] = "";

	(void)state;
	assert_string_equal(text_show("abcde", shown, sizeof(shown)), "abcde");
	assert_string_equal(text_show("abcdef", shown, sizeof(shown)), "abcde");
	assert_string_equal(text_show("a\n", shown, sizeof(shown)), "a\\x0a");
	assert_string_equal(text_show("ab\nc", shown, sizeof(shown)), "ab");
	assert_string_equal(text_show("x", shown, 1), "");
}

static void visible_ascii_has_no_blanks_and_no_foreign_bytes(void **state)
{
	(void)state;
	assert_true(text_is_visible_ascii(""));
	assert_true(text_is_visible_ascii("!az~"));
	assert_false(text_is_visible_ascii("a b"));
	assert_false(text_is_visible_ascii("a\x7f"));
	assert_false(text_is_visible_ascii("a\n"));
	assert_false(text_is_visible_ascii("\xc3\xbc"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appended_bytes_are_kept_and_terminated),
		cmocka_unit_test(a_text_grows_as_far_as_needed),
		cmocka_unit_test(there_is_always_room_for_the_end),
		cmocka_unit_test(appending_nothing_still_terminates),
		cmocka_unit_test(without_memory_the_text_is_as_before),
		cmocka_unit_test(a_length_that_no_memory_can_have_is_refused),
		cmocka_unit_test(plain_bytes_are_shown_as_they_are),
		cmocka_unit_test(control_quote_and_foreign_bytes_become_hexadecimal),
		cmocka_unit_test(a_long_value_is_cut_and_says_so),
		cmocka_unit_test(what_is_no_plain_ascii_is_shown_as_hexadecimal_and_backslashes_stay),
		cmocka_unit_test(what_is_shown_is_cut_to_its_room_and_never_within_a_byte),
		cmocka_unit_test(visible_ascii_has_no_blanks_and_no_foreign_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
