/* SPDX-License-Identifier: ISC */
#include "policy/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ID_32 "abcdefghijklmnopqrstuvwxyzABCDEF"

static void assert_has_id(const char *text, const char *id)
{
	char got[ID_SIZE] = "";

	if (record_parse(text, got) != ERR_OK)
		fail_msg("refused: %s", text);
	assert_string_equal(got, id);
}

static void assert_refused(const char *text, enum err err)
{
	char got[ID_SIZE] = "untouched";

	if (record_parse(text, got) != err)
		fail_msg("not %s: %s", err_text(err), text);
	assert_string_equal(got, "untouched");
}

static void a_record_as_we_print_it_has_an_id(void **state)
{
	(void)state;
	assert_has_id("v=STSv1; id=20261123160000;", "20261123160000");
	assert_has_id("v=STSv1; id=20261123160000", "20261123160000");
	assert_has_id("v=STSv1;id=a", "a");
	assert_has_id("v=STSv1; id=" ID_32 ";", ID_32);
}

static void blanks_may_stand_around_a_semicolon_and_nowhere_else(void **state)
{
	(void)state;
	assert_has_id("v=STSv1;\t id=1 \t; \t", "1");
	assert_refused(" v=STSv1; id=1;", ERR_SYNTAX);
	assert_refused("v = STSv1; id=1;", ERR_SYNTAX);
	assert_refused("v=STSv1; id =1;", ERR_SYNTAX);
	assert_refused("v=STSv1; id= 1;", ERR_SYNTAX);
	assert_refused("v=STSv1; id=1 ", ERR_SYNTAX);
	assert_refused("v=STSv1; id=1 2;", ERR_SYNTAX);
	assert_refused("v=STSv1;\nid=1;", ERR_SYNTAX);
}

static void a_blank_before_the_first_semicolon_is_refused_as_senders_do(void **state)
{
	(void)state;
	assert_refused("v=STSv1 ; id=1;", ERR_SYNTAX);
}

static void the_version_is_these_letters_and_comes_first(void **state)
{
	(void)state;
	assert_refused("V=STSv1; id=1;", ERR_SYNTAX);
	assert_refused("v=stsv1; id=1;", ERR_SYNTAX);
	assert_refused("v=STSV1; id=1;", ERR_SYNTAX);
	assert_refused("v=STSv10; id=1;", ERR_SYNTAX);
	assert_refused("v=STSv2; id=1;", ERR_SYNTAX);
	assert_refused("id=1; v=STSv1;", ERR_SYNTAX);
	assert_refused("STSv1; id=1;", ERR_SYNTAX);
}

static void the_id_is_there_exactly_once(void **state)
{
	(void)state;
	assert_refused("v=STSv1", ERR_SYNTAX);
	assert_refused("v=STSv1;", ERR_SYNTAX);
	assert_refused("v=STSv1; other=1;", ERR_SYNTAX);
	assert_refused("v=STSv1; ID=1;", ERR_SYNTAX);
	assert_refused("v=STSv1; id=1; id=1;", ERR_SYNTAX);
	assert_refused("v=STSv1; id=1; id=2", ERR_SYNTAX);
}

static void the_id_is_of_1_to_32_letters_and_digits(void **state)
{
	(void)state;
	assert_refused("v=STSv1; id=;", ERR_SYNTAX);
	assert_refused("v=STSv1; id=" ID_32 "0;", ERR_SYNTAX);
	assert_refused("v=STSv1; id=2026-11-23;", ERR_SYNTAX);
	assert_refused("v=STSv1; id=\xc3\xa4;", ERR_SYNTAX);
	assert_refused("v=STSv1; id=1=2;", ERR_SYNTAX);
}

static void further_fields_have_a_name_and_a_value(void **state)
{
	(void)state;
	assert_has_id("v=STSv1; x=1; id=1; 0a_-.b=!:<>~", "1");
	assert_has_id("v=STSv1; " ID_32 "=x; id=1", "1");
	assert_refused("v=STSv1; id=1; " ID_32 "0=x", ERR_SYNTAX);
	assert_refused("v=STSv1; id=1; _x=1", ERR_SYNTAX);
	assert_refused("v=STSv1; id=1; x+=1", ERR_SYNTAX);
	assert_refused("v=STSv1; id=1; x", ERR_SYNTAX);
	assert_refused("v=STSv1; id=1; x=", ERR_SYNTAX);
	assert_refused("v=STSv1; id=1; =x", ERR_SYNTAX);
	assert_refused("v=STSv1; id=1; x=a=b", ERR_SYNTAX);
	assert_refused("v=STSv1; id=1; x=\x7f", ERR_SYNTAX);
	assert_refused("v=STSv1; id=1; x=\x01", ERR_SYNTAX);
}

static void only_one_semicolon_stands_between_fields(void **state)
{
	(void)state;
	assert_refused("v=STSv1;; id=1;", ERR_SYNTAX);
	assert_refused("v=STSv1; id=1;;", ERR_SYNTAX);
	assert_refused("v=STSv1; id=1; ;", ERR_SYNTAX);
	assert_refused("v=STSv1, id=1;", ERR_SYNTAX);
}

static void what_is_meant_to_be_a_record_is_told_from_other_texts(void **state)
{
	(void)state;
	assert_refused("\"v=STSv1; id=1;\"", ERR_SYNTAX);
	assert_refused("\\\"v=STSv1\\; id=1\\;\\\"", ERR_SYNTAX);
	assert_refused("_mta-sts TXT 'v = sts1'", ERR_SYNTAX);
	assert_refused("v = \"STSv1\"; id=1", ERR_SYNTAX);
	assert_refused("", ERR_NOT_FOUND);
	assert_refused("v", ERR_NOT_FOUND);
	assert_refused("v=", ERR_NOT_FOUND);
	assert_refused("v=spf1 -all", ERR_NOT_FOUND);
	assert_refused("v=TLSRPTv1; rua=mailto:sts@example.org", ERR_NOT_FOUND);
	assert_refused("google-site-verification=abc", ERR_NOT_FOUND);
}

static void assert_judged(const char *const texts[], size_t count, enum verdict verdict)
{
	enum verdict got = record_read(texts, count, "2").verdict;

	if (got != verdict)
		fail_msg("%s, not %s", verdict_text(got), verdict_text(verdict));
}

#define ASSERT_JUDGED(verdict, ...)                                                                          \
	assert_judged((const char *const[]){ __VA_ARGS__ },                                                  \
		      sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *), verdict)

static void only_the_published_id_alone_is_right(void **state)
{
	(void)state;
	ASSERT_JUDGED(VERDICT_RIGHT, "v=STSv1; id=2;");
	ASSERT_JUDGED(VERDICT_OLD_ID, "v=STSv1; id=1;");
	ASSERT_JUDGED(VERDICT_OLD_ID, "v=STSv1; id=20;");
	ASSERT_JUDGED(VERDICT_OLD_ID, "v=STSv1; id=02;");
	ASSERT_JUDGED(VERDICT_MALFORMED, "v=STSv1; id=2;;");
	ASSERT_JUDGED(VERDICT_OTHER_TEXT, "hello");
	assert_judged(NULL, 0, VERDICT_MISSING);
}

/* RFC 8461, section 3.1: two that begin "v=STSv1;" are none. */
static void two_records_are_none(void **state)
{
	(void)state;
	ASSERT_JUDGED(VERDICT_TWO_RECORDS, "v=STSv1; id=2;", "v=STSv1; id=2;");
	ASSERT_JUDGED(VERDICT_TWO_RECORDS, "v=STSv1; id=1;", "v=STSv1; id=2;");
	ASSERT_JUDGED(VERDICT_TWO_RECORDS, "v=STSv1; id=2;", "hello", "v=STSv1;");
}

/* The same section: what does not begin so is discarded first. */
static void what_senders_discard_does_not_count(void **state)
{
	(void)state;
	ASSERT_JUDGED(VERDICT_RIGHT, "v=STSv1; id=2;", "hello");
	ASSERT_JUDGED(VERDICT_RIGHT, "hello", "v=STSv1; id=2;");
	ASSERT_JUDGED(VERDICT_RIGHT, "v=stsv1; id=1;", "v=STSv1; id=2;");
	ASSERT_JUDGED(VERDICT_RIGHT, "v=STSv1 ; id=1;", "v=STSv1; id=2;", "v=spf1 -all");
	ASSERT_JUDGED(VERDICT_OLD_ID, "hello", "v=STSv1; id=1;");
	ASSERT_JUDGED(VERDICT_MALFORMED, "hello", "v=STSv1; id=;");
	ASSERT_JUDGED(VERDICT_MALFORMED, "v=stsv1", "hello");
	ASSERT_JUDGED(VERDICT_OTHER_TEXT, "hello", "goodbye");
}

static void assert_reading(const char *first, const char *second, const char *record, const char *beside)
{
	const char *const texts[] = { first, second };
	struct record_reading reading = record_read(texts, 1 + (second != NULL), "2");

	assert_string_equal(reading.record != NULL ? reading.record : "none", record);
	assert_string_equal(reading.beside != NULL ? reading.beside : "none", beside);
}

static void a_reading_tells_what_counts_and_what_stands_beside_it(void **state)
{
	(void)state;
	assert_reading("v=STSv1; id=2;", NULL, "v=STSv1; id=2;", "none");
	assert_reading("hello", "v=STSv1; id=2;", "v=STSv1; id=2;", "hello");
	assert_reading("v=STSv1; id=2;", "hello", "v=STSv1; id=2;", "hello");
	assert_reading("v=STSv1; id=2;", "v=STSv1; id=3;", "v=STSv1; id=2;", "v=STSv1; id=3;");
	assert_reading("hello", "v=stsv1", "v=stsv1", "hello");
	assert_reading("hello", NULL, "none", "hello");
	assert_reading("hello", "goodbye", "none", "hello");
}

static void a_malformed_text_has_a_fault(void **state)
{
	static const char *const cases[][2] = {
		{ "v=STSv1 id=1", "does not begin with v=STSv1;" },
		{ "\"v=STSv1; id=1;\"", "does not begin with v=STSv1;" },
		{ "v=STSv1;", "has no id" },
		{ "v=STSv1; x=1;", "has no id" },
		{ "v=STSv1; id=1; id=1", "has two ids" },
		{ "v=STSv1; id=2026-11-23;", "has an id that is not 1 to 32 letters and digits" },
		{ "v=STSv1; id=" ID_32 "0;", "has an id that is not 1 to 32 letters and digits" },
		{ "v=STSv1; id=;", "has an id that is not 1 to 32 letters and digits" },
		{ "v=STSv1; id=1; x", "has a field that is not NAME=VALUE" },
		{ "v=STSv1;; id=1", "has a field that is not NAME=VALUE" },
		{ "v=STSv1; id=1 x=2", "has something else than one ; between two fields" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(record_fault(cases[i][0]), cases[i][1]);
	assert_null(record_fault("v=STSv1; id=1;"));
	assert_null(record_fault("v=spf1 -all"));
}

static void every_verdict_has_a_word_that_finds_it(void **state)
{
	static const char *const words[VERDICT_COUNT] = { NULL,          "right",     "unreachable",
							  "missing",     "malformed", "other_text",
							  "two_records", "old_id",    "skipped" };
	enum verdict verdict = VERDICT_UNKNOWN;

	(void)state;
	assert_string_equal(verdict_text((enum verdict)0), "unknown");
	for (unsigned i = VERDICT_RIGHT; i < VERDICT_COUNT; i++) {
		assert_string_equal(verdict_text((enum verdict)i), words[i]);
		assert_int_equal(verdict_parse(words[i], &verdict), ERR_OK);
		assert_int_equal(verdict, i);
	}
	assert_int_equal(verdict_parse("Right", &verdict), ERR_SYNTAX);
	assert_int_equal(verdict_parse("", &verdict), ERR_SYNTAX);
	assert_int_equal(verdict, VERDICT_SKIPPED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_as_we_print_it_has_an_id),
		cmocka_unit_test(blanks_may_stand_around_a_semicolon_and_nowhere_else),
		cmocka_unit_test(a_blank_before_the_first_semicolon_is_refused_as_senders_do),
		cmocka_unit_test(the_version_is_these_letters_and_comes_first),
		cmocka_unit_test(the_id_is_there_exactly_once),
		cmocka_unit_test(the_id_is_of_1_to_32_letters_and_digits),
		cmocka_unit_test(further_fields_have_a_name_and_a_value),
		cmocka_unit_test(only_one_semicolon_stands_between_fields),
		cmocka_unit_test(what_is_meant_to_be_a_record_is_told_from_other_texts),
		cmocka_unit_test(only_the_published_id_alone_is_right),
		cmocka_unit_test(two_records_are_none),
		cmocka_unit_test(what_senders_discard_does_not_count),
		cmocka_unit_test(a_reading_tells_what_counts_and_what_stands_beside_it),
		cmocka_unit_test(a_malformed_text_has_a_fault),
		cmocka_unit_test(every_verdict_has_a_word_that_finds_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
