/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_becomes(const char *name, const char *ascii)
{
	char got[256];

	assert_int_equal(text_to_ascii(name, got, sizeof(got)), ERR_OK);
	assert_string_equal(got, ascii);
}

static void u_labels_become_a_labels(void **state)
{
	(void)state;
	assert_becomes("b\xc3\xbc"
		       "cher.example",
		       "xn--bcher-kva.example");
	assert_becomes("B\xc3\x9c"
		       "CHER.example",
		       "xn--bcher-kva.example");
	assert_becomes("\xe4\xbe\x8b\xe3\x81\x88.example", "xn--r8jz45g.example");
}

static void a_sharp_s_stays_a_letter_of_its_own(void **state)
{
	(void)state;
	assert_becomes("stra\xc3\x9f"
		       "e.example",
		       "xn--strae-oqa.example");
}

static void ascii_passes_through_unchecked(void **state)
{
	(void)state;
	assert_becomes("a_b.example", "a_b.example");
}

static void bad_characters_are_not_silently_dropped(void **state)
{
	char got[256] = "";
	enum err err = text_to_ascii("b\xc3\xbc_c.example", got, sizeof(got));

	(void)state;
	/* Whoever checks the result has to see the underscore: "xn--bc-hka" must not come out. */
	assert_true(err == ERR_SYNTAX || strchr(got, '_') != NULL);
}

static void broken_utf_8_is_no_name(void **state)
{
	char got[256];

	(void)state;
	assert_int_equal(text_to_ascii("b\xfc"
				       "cher.example",
				       got, sizeof(got)),
			 ERR_SYNTAX);
}

static void a_label_that_becomes_too_long_is_no_name(void **state)
{
	char name[128] = "\xc3\xbc";
	char got[256];

	(void)state;
	memset(name + 2, 'a', 70);
	assert_int_equal(text_to_ascii(name, got, sizeof(got)), ERR_SYNTAX);
}

static void what_does_not_fit_is_out_of_range_to_the_byte(void **state)
{
	char got[12] = "untouched";

	(void)state;
	assert_int_equal(text_to_ascii("abc.example", got, sizeof(got) - 1), ERR_RANGE);
	assert_string_equal(got, "untouched");
	assert_int_equal(text_to_ascii("abc.example", got, sizeof(got)), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u_labels_become_a_labels),
		cmocka_unit_test(a_sharp_s_stays_a_letter_of_its_own),
		cmocka_unit_test(ascii_passes_through_unchecked),
		cmocka_unit_test(bad_characters_are_not_silently_dropped),
		cmocka_unit_test(broken_utf_8_is_no_name),
		cmocka_unit_test(a_label_that_becomes_too_long_is_no_name),
		cmocka_unit_test(what_does_not_fit_is_out_of_range_to_the_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
