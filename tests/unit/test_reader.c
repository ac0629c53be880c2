/* SPDX-License-Identifier: ISC */
#include "config/reader.h"

#include "base/text.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LIMIT 65536

/* A parse that fails leaks a little inside libconfig. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static const char *capital_fault(const char *value)
{
	return strcmp(value, "Rome") == 0 ? NULL : "is no capital";
}

enum { CITY, WAYS, HILLS, ETERNAL, TOURS, COUNT };

static const struct setting rows[COUNT] = {
	[CITY] = { .name = "city", .type = SETTING_STRING, .help = "write \"Rome\"", .fault = capital_fault },
	[WAYS] = { .name = "ways",
		   .type = SETTING_STRINGS,
		   .min = 1,
		   .max = 3,
		   .help = "write [ \"Appia\" ]" },
	[HILLS] = { .name = "hills",
		    .type = SETTING_INTEGER,
		    .min = 1,
		    .max = 7,
		    .unit = "hills",
		    .help = "write 7" },
	[ETERNAL] = { .name = "eternal", .type = SETTING_BOOLEAN, .help = "write true" },
	[TOURS] = { .name = "tours",
		    .type = SETTING_ENTRIES,
		    .min = 1,
		    .max = 3,
		    .help = "write ( { ... } )" },
};

static struct reader *open_text(struct scratch *scratch, const char *text)
{
	struct reader *reader = NULL;

	assert_int_equal(
		reader_open(scratch_write(scratch, "a.conf", text), LIMIT, &scratch->complaints, &reader),
		ERR_OK);
	return reader;
}

/* Match a text against the table above and expect one complaint. */
static void assert_refused(void **state, const char *text, const char *complaint)
{
	const config_setting_t *found[COUNT];
	struct reader *reader = open_text(*state, text);

	reader_match(reader, reader_root(reader), rows, COUNT, found);
	scratch_assert_complaint(*state, complaint);
	scratch_assert_no_more(*state);
	reader_close(&reader);
}

static void assert_no_parse(void **state, const char *text, const char *complaint)
{
	struct scratch *scratch = *state;
	struct reader *reader = NULL;

	assert_int_equal(
		reader_open(scratch_write(scratch, "a.conf", text), LIMIT, &scratch->complaints, &reader),
		ERR_SYNTAX);
	assert_null(reader);
	scratch_assert_complaint(scratch, complaint);
	scratch_assert_no_more(scratch);
}

static void values_of_every_type_are_found(void **state)
{
	const config_setting_t *found[COUNT];
	struct reader *reader = open_text(
		*state, "hills = 7; city = \"Rome\"; eternal = true; ways = [ \"Appia\", \"Aurelia\" ];");

	reader_match(reader, reader_root(reader), rows, COUNT, found);

	scratch_assert_no_more(*state);
	assert_string_equal(reader_string(found[CITY]), "Rome");
	assert_int_equal(reader_count(found[WAYS]), 2);
	assert_string_equal(reader_string(reader_at(found[WAYS], 1)), "Aurelia");
	assert_int_equal(reader_integer(found[HILLS]), 7);
	assert_int_equal(reader_integer(found[ETERNAL]), 1);
	assert_null(found[TOURS]);
	reader_close(&reader);
	assert_null(reader);
}

static void every_node_knows_its_line(void **state)
{
	const config_setting_t *found[COUNT];
	struct reader *reader = open_text(
		*state,
		"\ncity\n=\n\"Rome\"\n;\nways = [\n\"Appia\",\n\"Aurelia\"\n];\ntours = (\n{\n},\n{ }\n)");
	unsigned line;

	reader_match(reader, reader_root(reader), rows, COUNT, found);
	(void)reader_place(reader, reader_root(reader), &line);
	assert_int_equal(line, 0);
	(void)reader_place(reader, found[CITY], &line);
	assert_int_equal(line, 2);
	(void)reader_place(reader, reader_at(found[WAYS], 0), &line);
	assert_int_equal(line, 7);
	(void)reader_place(reader, reader_at(found[WAYS], 1), &line);
	assert_int_equal(line, 8);
	(void)reader_place(reader, reader_at(found[TOURS], 0), &line);
	assert_int_equal(line, 11);
	(void)reader_place(reader, reader_at(found[TOURS], 1), &line);
	assert_int_equal(line, 13);
	reader_close(&reader);
}

static void a_complaint_names_the_included_file(void **state)
{
	struct scratch *scratch = *state;

	(void)scratch_write(scratch, "b.inc", "\n\ncity = \"Bern\";");
	assert_refused(state, "# comment\n@include \"b.inc\"\n",
		       "b.inc:3: city is no capital (Bern): write \"Rome\"");
}

static void a_parse_error_names_the_included_file(void **state)
{
	struct scratch *scratch = *state;

	(void)scratch_write(scratch, "b.inc", "\ncity = ;");
	assert_no_parse(state, "@include \"b.inc\"\n",
			"b.inc:2: syntax error: look for a missing or superfluous quote, bracket, comma or "
			"semicolon, here or in the line before; the rest was not checked");
}

static void a_syntax_error_has_its_line_and_a_hint(void **state)
{
	assert_no_parse(state, "hills = 7;\ncity \"Rome\";\n",
			"a.conf:2: syntax error: look for a missing or superfluous quote, bracket, comma or "
			"semicolon, here or in the line before; the rest was not checked");
}

static void a_repeated_setting_is_refused_and_hides_nothing(void **state)
{
	struct scratch *scratch = *state;
	const config_setting_t *found[COUNT];
	struct reader *reader = open_text(scratch, "hills = 7;\n\nhills = 6;\ncity = \"Bern\";");

	reader_match(reader, reader_root(reader), rows, COUNT, found);
	scratch_assert_complaint(scratch, "a.conf:3: setting is given twice (hills): keep one of the two");
	scratch_assert_complaint(scratch, "a.conf:4: city is no capital (Bern): write \"Rome\"");
	scratch_assert_no_more(scratch);
	assert_int_equal(reader_integer(found[HILLS]), 7);
	reader_close(&reader);
}

static void of_mixed_types_the_first_wrong_member_is_named(void **state)
{
	assert_refused(state, "ways = [ \"Appia\",\n 5, true ];\n",
		       "a.conf:2: ways has a member of the wrong type (5): write [ \"Appia\" ]");
	assert_refused(state, "ways = [ 1.5,\n\"Appia\" ];\n",
		       "a.conf:1: ways has a member of the wrong type (1.5): write [ \"Appia\" ]");
}

static void brackets_must_match(void **state)
{
	static const char *const texts[] = { "ways = [ \"a\" );", "ways = ( \"a\" ];", "tours = ( { ] );",
					     "ways = [ 1.5 2.5 ];" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_no_parse(state, texts[i],
				"a.conf:1: syntax error: look for a missing or superfluous quote, bracket, "
				"comma or semicolon, here or in the line before; the rest was not checked");
}

static void a_comma_at_the_end_of_a_list_is_refused_by_every_libconfig(void **state)
{
	static const char *const texts[] = { "ways = [ \"a\", ];", "ways = [ \"a\",# b\n\n];",
					     "ways = [ , ];", "tours = ( { hills = 7; }, );",
					     "tours = ( { hills = 7; },/* b */ );" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char complaint[128];

		(void)snprintf(complaint, sizeof(complaint),
			       "a.conf:%d: comma has nothing behind it: remove it, or write what is missing",
			       strchr(texts[i], '\n') != NULL ? 3 : 1);
		assert_no_parse(state, texts[i], complaint);
	}
}

static void a_number_is_shown_as_it_is_written(void **state)
{
	static const struct {
		const char *written;
		const char *fault;
	} cases[] = {
		{ "604800.5", "is not a whole number (604800.5): write 7" },
		{ "1e3", "is not a whole number (1e3): write 7" },
		{ "0x10", "is not a whole number (0x10): write 7" },
		{ "7d", "is not a whole number (7d): write 7" },
		{ "true", "is not a whole number (true): write 7" },
		{ "\"7\"", "is not a whole number (\"7\"): write 7" },
		{ "99999999999999999999",
		  "is out of range (99999999999999999999): write a number from 1 to 7 (hills)" },
		{ "-99999999999999999999",
		  "is out of range (-99999999999999999999): write a number from 1 to 7 (hills)" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[64], complaint[128];

		(void)snprintf(text, sizeof(text), "hills = %s;", cases[i].written);
		(void)snprintf(complaint, sizeof(complaint), "a.conf:1: hills %s", cases[i].fault);
		assert_refused(state, text, complaint);
	}
	assert_refused(state, "city = 1.5;", "a.conf:1: city is not text in quotes (1.5): write \"Rome\"");
	assert_refused(state, "tours = ( 1.5 );",
		       "a.conf:1: tours has a member of the wrong type (1.5): write ( { ... } )");
}

static void nesting_without_end_is_refused(void **state)
{
	char text[20001];

	memset(text, '(', sizeof(text));
	memcpy(text, "a=", 2);
	text[sizeof(text) - 1] = '\0';
	assert_no_parse(state, text,
			"a.conf:1: brackets are nested too deeply: see mta-stsd.conf(5) for what mta-stsd "
			"reads");
}

static void an_unknown_setting_gets_the_name_that_was_meant(void **state)
{
	assert_refused(state, "hill = 7;", "a.conf:1: setting is unknown (hill): write hills");
	assert_refused(state, "HILLS = 7;", "a.conf:1: setting is unknown (HILLS): write hills");
	assert_refused(state, "eternally = true;", "a.conf:1: setting is unknown (eternally): write eternal");
}

static void an_unknown_setting_like_none_gets_the_known_ones(void **state)
{
	assert_refused(state, "gladiators = 7;",
		       "a.conf:1: setting is unknown (gladiators): known here are city, ways, hills, "
		       "eternal, tours");
}

static void a_file_that_is_something_else_is_not_shown(void **state)
{
	static const char *const texts[] = {
		"-----BEGIN PRIVATE KEY-----\nSECRET\n",
		"# mine\n-----BEGIN CERTIFICATE-----\nSECRET\n",
		"root:$y$SECRET:19000:0:99999:7:::\n",
		"root:SECRET:0:0\n",
		"total 12\n-rw-r--r-- 1 SECRET SECRET 12:00 SECRET\n",
		"SECRETSECRETSECRETSECRETSECRETSECRETSECRET = 1;",
		"password = \"SECRET\";",
		"password = SECRET;",
		"\x1b]0;SECRET\x07 = 1;",
		"\xff\xfeSECRET",
		"@SECRET\n",
	};
	struct scratch *scratch = *state;

	(void)scratch_write(scratch, "key.pem", "-----BEGIN PRIVATE KEY-----\nSECRET\n");
	for (size_t i = 0; i <= sizeof(texts) / sizeof(*texts); i++) {
		const char *text = i < sizeof(texts) / sizeof(*texts) ? texts[i] : "@include \"key.pem\"\n";
		const config_setting_t *found[COUNT];
		struct reader *reader = NULL;
		struct text line = { 0 };

		complaints_free(&scratch->complaints);
		if (reader_open(scratch_write(scratch, "a.conf", text), LIMIT, &scratch->complaints,
				&reader) == ERR_OK)
			reader_match(reader, reader_root(reader), rows, COUNT, found);
		reader_close(&reader);
		assert_int_equal(scratch->complaints.errors, 1);
		assert_int_equal(complaint_render(&scratch->complaints.item[0], &line), ERR_OK);
		if (strstr(line.bytes, "SECRET") != NULL)
			fail_msg("shown: %s", line.bytes);
		text_free(&line);
	}
}

static void of_many_unknown_settings_the_first_few_are_named(void **state)
{
	struct scratch *scratch = *state;
	const config_setting_t *found[COUNT];
	struct reader *reader = NULL;
	struct text text = { 0 };

	for (int i = 0; i < 50; i++)
		assert_int_equal(text_appendf(&text, "x%d = 1;\n", i), ERR_OK);
	reader = open_text(scratch, text.bytes);
	reader_match(reader, reader_root(reader), rows, COUNT, found);
	reader_close(&reader);
	assert_int_equal(scratch->complaints.count, 6);
	assert_string_equal(scratch->complaints.item[5].value, "45");
	assert_int_equal(scratch->complaints.item[5].line, 6);
	text_free(&text);
}

static void a_very_long_unknown_name_is_no_trouble(void **state)
{
	char text[2048];
	struct scratch *scratch = *state;
	const config_setting_t *found[COUNT];
	struct reader *reader;

	memset(text, 'x', sizeof(text));
	memcpy(text + sizeof(text) - 5, "=1;\n", 5);
	reader = open_text(scratch, text);
	reader_match(reader, reader_root(reader), rows, COUNT, found);
	assert_int_equal(scratch->complaints.errors, 1);
	reader_close(&reader);
}

static void a_wrong_type_is_shown_with_the_value(void **state)
{
	assert_refused(state, "city = 5;", "a.conf:1: city is not text in quotes (5): write \"Rome\"");
	assert_refused(state, "ways = \"Appia\";",
		       "a.conf:1: ways is not a list (\"Appia\"): write [ \"Appia\" ]");
	assert_refused(state, "hills = 7.5;", "a.conf:1: hills is not a whole number (7.5): write 7");
	assert_refused(state, "hills = \"7\";", "a.conf:1: hills is not a whole number (\"7\"): write 7");
	assert_refused(state, "hills = { };", "a.conf:1: hills is not a whole number: write 7");
	assert_refused(state, "eternal = 1;", "a.conf:1: eternal is neither true nor false (1): write true");
	assert_refused(state, "tours = true;", "a.conf:1: tours is not a list (true): write ( { ... } )");
}

static void members_of_a_list_are_checked_one_by_one(void **state)
{
	assert_refused(state, "ways = ( \"Appia\",\n5 );",
		       "a.conf:2: ways has a member of the wrong type (5): write [ \"Appia\" ]");
	assert_refused(state, "tours = ( { },\n\"x\" );",
		       "a.conf:2: tours has a member of the wrong type (\"x\"): write ( { ... } )");
}

static void lists_have_a_least_and_a_largest_number_of_members(void **state)
{
	assert_refused(state, "ways = [ ];", "a.conf:1: ways is empty: write [ \"Appia\" ]");
	assert_refused(state, "ways = [ \"a\", \"b\", \"c\", \"d\" ];",
		       "a.conf:1: ways has too many members: write no more than 3");
}

static void numbers_have_a_range_with_both_ends_in_it(void **state)
{
	const config_setting_t *found[COUNT];
	struct reader *reader = open_text(*state, "hills = 1;");

	reader_match(reader, reader_root(reader), rows, COUNT, found);
	scratch_assert_no_more(*state);
	reader_close(&reader);
	assert_refused(state, "hills = 0;",
		       "a.conf:1: hills is out of range (0): write a number from 1 to 7 (hills)");
	assert_refused(state, "hills = 8;",
		       "a.conf:1: hills is out of range (8): write a number from 1 to 7 (hills)");
	assert_refused(state, "hills = 4294967303;",
		       "a.conf:1: hills is out of range (4294967303): write a number from 1 to 7 (hills)");
}

static void a_refused_setting_is_still_found(void **state)
{
	const config_setting_t *found[COUNT];
	struct reader *reader = open_text(*state, "city = 5;");

	reader_match(reader, reader_root(reader), rows, COUNT, found);
	assert_non_null(found[CITY]);
	assert_null(reader_string(found[CITY]));
	assert_null(found[HILLS]);
	reader_close(&reader);
}

static void an_unreadable_file_is_complained_about_as_a_whole(void **state)
{
	struct scratch *scratch = *state;
	struct reader *reader = NULL;

	assert_int_equal(reader_open(scratch->folder, LIMIT, &scratch->complaints, &reader), ERR_SYNTAX);
	assert_int_equal(scratch->complaints.count, 1);
	assert_string_equal(scratch->complaints.item[0].what, "file is a directory");
	assert_int_equal(scratch->complaints.item[0].line, 0);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(values_of_every_type_are_found),
		WITH_SCRATCH(every_node_knows_its_line),
		WITH_SCRATCH(a_complaint_names_the_included_file),
		WITH_SCRATCH(a_parse_error_names_the_included_file),
		WITH_SCRATCH(a_syntax_error_has_its_line_and_a_hint),
		WITH_SCRATCH(a_repeated_setting_is_refused_and_hides_nothing),
		WITH_SCRATCH(of_mixed_types_the_first_wrong_member_is_named),
		WITH_SCRATCH(brackets_must_match),
		WITH_SCRATCH(a_comma_at_the_end_of_a_list_is_refused_by_every_libconfig),
		WITH_SCRATCH(a_number_is_shown_as_it_is_written),
		WITH_SCRATCH(nesting_without_end_is_refused),
		WITH_SCRATCH(an_unknown_setting_gets_the_name_that_was_meant),
		WITH_SCRATCH(an_unknown_setting_like_none_gets_the_known_ones),
		WITH_SCRATCH(a_file_that_is_something_else_is_not_shown),
		WITH_SCRATCH(of_many_unknown_settings_the_first_few_are_named),
		WITH_SCRATCH(a_very_long_unknown_name_is_no_trouble),
		WITH_SCRATCH(a_wrong_type_is_shown_with_the_value),
		WITH_SCRATCH(members_of_a_list_are_checked_one_by_one),
		WITH_SCRATCH(lists_have_a_least_and_a_largest_number_of_members),
		WITH_SCRATCH(numbers_have_a_range_with_both_ends_in_it),
		WITH_SCRATCH(a_refused_setting_is_still_found),
		WITH_SCRATCH(an_unreadable_file_is_complained_about_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
