/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "config/scan.h"

#include "memory.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LIMIT 65536

/* What libconfig would get to see of a file. */
static void assert_text(void **state, const char *file, const char *text)
{
	struct scratch *scratch = *state;
	struct source source = { 0 };

	assert_int_equal(
		scan_load(scratch_write(scratch, "a.conf", file), LIMIT, &scratch->complaints, &source),
		ERR_OK);
	assert_string_equal(source.text.bytes, text);
	scratch_assert_no_more(scratch);
	source_free(&source);
}

static void assert_refused(void **state, const char *file, const char *complaint)
{
	struct scratch *scratch = *state;
	struct source source = { 0 };

	assert_int_equal(
		scan_load(scratch_write(scratch, "a.conf", file), LIMIT, &scratch->complaints, &source),
		ERR_SYNTAX);
	scratch_assert_complaint(scratch, complaint);
	scratch_assert_no_more(scratch);
	source_free(&source);
}

static void assert_place(const struct scratch *scratch, const struct source *source, unsigned text_line,
			 const char *name, unsigned line)
{
	unsigned got;

	assert_string_equal(source_place(source, text_line, &got), scratch_path(scratch, name));
	assert_int_equal(got, line);
}

static void every_integer_gets_the_suffix_of_64_bits(void **state)
{
	assert_text(state, "a=5;b = -99999999999;[+1,2L,3LL]", "a*1=5L;b*2 = -99999999999L;(+1L,2L,3L)");
}

static void what_is_no_integer_or_too_large_becomes_a_group(void **state)
{
	assert_text(state, "a=1.5; b=.5; c=1e3; d=0x10; e5=True; f=1234567890123456789",
		    "a*1={*=\"1.5\"}; b*3={*=\".5\"}; c*5={*=\"1e3\"}; d*7={*=\"0x10\"}; e5*9=True; "
		    "f*10={*=\"1234567890123456789\"}");
}

static void numbers_and_comments_inside_of_strings_are_left_alone(void **state)
{
	assert_text(state, "a=\"5 # // /* @include \\\" 6\";b=7", "a*1=\"5 # // /* @include \\\" 6\";b*2=7L");
}

static void comments_are_taken_out_and_lines_stay(void **state)
{
	assert_text(state, "a=1;# x \"\nb=2;// y\n/* @include \"z\"\n\n*/c=3;\n",
		    "a*1=1L;\nb*2=2L;\n \n\nc*3=3L;\n");
}

static void a_bracket_after_a_string_moves_to_its_line(void **state)
{
	assert_text(state, "a=[\n\"x\"\n, # c\n\"y\"\n\n]\n;b", "a*1=(\n\"x\",\n \n\"y\")\n\n\n;b*2");
}

static void a_name_after_a_string_stays_on_its_own_line(void **state)
{
	assert_text(state, "a=\"x\"\nb=\"y\"\n", "a*1=\"x\"\nb*2=\"y\"\n");
}

static void an_empty_file_is_an_empty_text(void **state)
{
	struct scratch *scratch = *state;
	struct source source = { 0 };

	assert_int_equal(
		scan_load(scratch_write(scratch, "a.conf", ""), LIMIT, &scratch->complaints, &source),
		ERR_OK);
	assert_int_equal(source.text.len, 0);
	assert_place(scratch, &source, 0, "a.conf", 0);
	source_free(&source);
}

static void an_included_file_stands_where_the_include_was(void **state)
{
	struct scratch *scratch = *state;
	struct source source = { 0 };

	(void)scratch_write(scratch, "b.inc", "b1\nb2");
	assert_int_equal(scan_load(scratch_write(scratch, "a.conf", "a1\n@include \"b.inc\" a2\na3"), LIMIT,
				   &scratch->complaints, &source),
			 ERR_OK);

	assert_string_equal(source.text.bytes, "a1*1\n\nb1*2\nb2*3\n a2*4\na3*5");
	assert_place(scratch, &source, 1, "a.conf", 1);
	assert_place(scratch, &source, 3, "b.inc", 1);
	assert_place(scratch, &source, 4, "b.inc", 2);
	assert_place(scratch, &source, 5, "a.conf", 2);
	assert_place(scratch, &source, 6, "a.conf", 3);
	source_free(&source);
}

static void an_include_below_the_directory_is_fine_absolute_or_not(void **state)
{
	struct scratch *scratch = *state;
	struct source source = { 0 };
	char text[600];

	assert_int_equal(mkdir(scratch_path(scratch, "sub"), 0700), 0);
	(void)scratch_write(scratch, "sub/b.inc", "b");
	(void)snprintf(text, sizeof(text), "@include \"sub/b.inc\"\n@include \"%s\"\n",
		       scratch_path(scratch, "sub/b.inc"));
	assert_int_equal(
		scan_load(scratch_write(scratch, "a.conf", text), LIMIT, &scratch->complaints, &source),
		ERR_OK);
	assert_int_equal(source.files.count, 3);
	assert_place(scratch, &source, 2, "sub/b.inc", 1);
	source_free(&source);
}

static void an_include_outside_of_the_directory_is_left_out(void **state)
{
	static const char *const outside[] = { "/etc/passwd", "../a.conf", "sub/../../a.conf", NULL };
	struct scratch *scratch = *state;
	char neighbour[600];

	/* A path that begins like the directory and is another one. */
	(void)snprintf(neighbour, sizeof(neighbour), "%sx/a.conf", scratch->folder);
	for (size_t i = 0; i < sizeof(outside) / sizeof(*outside); i++) {
		struct source source = { 0 };
		char text[700];

		(void)snprintf(text, sizeof(text), "a\n@include \"%s\"\nb",
			       outside[i] != NULL ? outside[i] : neighbour);
		assert_int_equal(scan_load(scratch_write(scratch, "a.conf", text), LIMIT,
					   &scratch->complaints, &source),
				 ERR_OK);
		assert_int_equal(scratch->complaints.count, i + 1);
		assert_string_equal(scratch->complaints.item[i].what,
				    "include is outside of the file's directory");
		assert_int_equal(scratch->complaints.item[i].line, 2);
		assert_string_equal(source.text.bytes, "a*1\n\nb*2");
		source_free(&source);
	}
}

static void a_missing_include_is_complained_about_where_it_is_asked_for(void **state)
{
	assert_refused(state, "a\n@include \"none\"\n",
		       "a.conf:2: file does not exist (none): create it, or correct its name");
}

static void an_included_fifo_is_not_waited_for(void **state)
{
	assert_int_equal(mkfifo(scratch_path(*state, "pipe"), 0600), 0);
	assert_refused(state, "@include \"pipe\"\n",
		       "a.conf:1: file is a FIFO (pipe): put a regular file there");
}

static void a_file_that_includes_itself_comes_to_an_end(void **state)
{
	assert_refused(
		state, "@include \"a.conf\"\n",
		"a.conf:1: include is one of more than 100 (a.conf): make sure that no file includes itself");
}

static void includes_count_against_the_limit_together(void **state)
{
	struct scratch *scratch = *state;
	struct source source = { 0 };

	(void)scratch_write(scratch, "b.inc", "123456789012345678901234567890");
	assert_int_equal(
		scan_load(scratch_write(scratch, "a.conf", "@include \"b.inc\"\n@include \"b.inc\"\n"), 34,
			  &scratch->complaints, &source),
		ERR_SYNTAX);
	scratch_assert_complaint(scratch,
				 "a.conf:2: file is too large (b.inc): keep it within 34 bytes in all");
	source_free(&source);
}

static void an_open_quote_is_complained_about_on_its_line(void **state)
{
	assert_refused(state, "a=1;\nb=\"x;\nc=\"y\";\n",
		       "a.conf:2: quote is not closed: write the closing quote on the same line");
}

static void a_string_does_not_go_over_the_end_of_its_line(void **state)
{
	assert_refused(state, "a=1;\nb=\"x;\ny\";\n",
		       "a.conf:2: quote is not closed: write the closing quote on the same line");
}

static void a_quote_that_a_backslash_keeps_open_is_complained_about(void **state)
{
	assert_refused(state, "b=\"x\\",
		       "a.conf:1: quote is not closed: write the closing quote on the same line");
}

static void an_open_comment_is_complained_about_on_its_line(void **state)
{
	assert_refused(state, "a=1;\n/* b\n\n", "a.conf:2: comment is not closed: write */ where it ends");
}

static void an_unknown_directive_is_refused_before_libconfig_sees_it(void **state)
{
	assert_refused(state, "a=1;\n @includes \"x\"\n",
		       "a.conf:2: directive is unknown: write @include \"FILE\", or put the @ into quotes");
}

static void an_include_without_a_quoted_path_is_refused(void **state)
{
	assert_refused(state, "@include x\n",
		       "a.conf:1: directive is unknown: write @include \"FILE\", or put the @ into quotes");
}

static void a_group_in_square_brackets_is_refused(void **state)
{
	assert_refused(
		state, "a = [\n{ b = 1; } ];",
		"a.conf:2: list in square brackets has more than texts in it: write ( ... ) around groups");
}

static void a_nul_character_is_refused(void **state)
{
	struct scratch *scratch = *state;
	struct source source = { 0 };

	assert_int_equal(scan_load(scratch_put(scratch, "a.conf", "a=1;\0b=2;", 9), LIMIT,
				   &scratch->complaints, &source),
			 ERR_SYNTAX);
	scratch_assert_complaint(scratch,
				 "a.conf:1: file has a NUL character: save it as plain text (UTF-8)");
	source_free(&source);
}

static void scanning_fails_cleanly_wherever_memory_runs_out(void **state)
{
	struct scratch *scratch = *state;
	const char *path = scratch_write(scratch, "a.conf", "a=1;\n@include \"b.inc\"\nc=\"d\"\n;");
	bool failed = true;
	size_t rounds = 0;

	(void)scratch_write(scratch, "b.inc", "1234567890");
	for (; failed; rounds++) {
		struct source source = { 0 };
		enum err err;

		memory_fail_after(rounds);
		err = scan_load(path, LIMIT, &scratch->complaints, &source);
		failed = memory_restore();
		assert_int_equal(err, failed ? ERR_NO_MEMORY : ERR_OK);
		source_free(&source);
	}
	assert_true(rounds > 8);
	scratch_assert_no_more(scratch);
}

static void an_escaped_nul_is_refused(void **state)
{
	assert_refused(
		state, "a = \"b\";\nc = \"mail.a.example\\x00.b.example\";",
		"a.conf:2: text has a NUL character (\\x5cx00): remove it: what follows would be joined on");
}

static void a_group_with_more_names_than_any_of_ours_is_refused(void **state)
{
	struct scratch *scratch = *state;
	struct source source = { 0 };
	char text[65 * 6 + 1];

	for (size_t i = 0; i < 65; i++)
		memcpy(text + i * 6, "a = 1;", 7);
	text[64 * 6] = '\0';
	assert_int_equal(
		scan_load(scratch_write(*state, "b.conf", text), LIMIT, &scratch->complaints, &source),
		ERR_OK);
	source_free(&source);
	text[64 * 6] = 'a';
	assert_refused(state, text,
		       "a.conf:1: group has too many settings: see mta-stsd.conf(5) for what mta-stsd reads");
}

static void two_texts_are_not_joined_to_one(void **state)
{
	assert_refused(state, "mx = [ \"a.example\" # first\n\"b.example\" ];",
		       "a.conf:2: text follows a text: write a comma or a semicolon between them");
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(every_integer_gets_the_suffix_of_64_bits),
		WITH_SCRATCH(what_is_no_integer_or_too_large_becomes_a_group),
		WITH_SCRATCH(numbers_and_comments_inside_of_strings_are_left_alone),
		WITH_SCRATCH(comments_are_taken_out_and_lines_stay),
		WITH_SCRATCH(a_bracket_after_a_string_moves_to_its_line),
		WITH_SCRATCH(a_name_after_a_string_stays_on_its_own_line),
		WITH_SCRATCH(an_empty_file_is_an_empty_text),
		WITH_SCRATCH(an_included_file_stands_where_the_include_was),
		WITH_SCRATCH(an_include_below_the_directory_is_fine_absolute_or_not),
		WITH_SCRATCH(an_include_outside_of_the_directory_is_left_out),
		WITH_SCRATCH(a_missing_include_is_complained_about_where_it_is_asked_for),
		WITH_SCRATCH(an_included_fifo_is_not_waited_for),
		WITH_SCRATCH(a_file_that_includes_itself_comes_to_an_end),
		WITH_SCRATCH(includes_count_against_the_limit_together),
		WITH_SCRATCH(an_open_quote_is_complained_about_on_its_line),
		WITH_SCRATCH(a_string_does_not_go_over_the_end_of_its_line),
		WITH_SCRATCH(a_quote_that_a_backslash_keeps_open_is_complained_about),
		WITH_SCRATCH(an_open_comment_is_complained_about_on_its_line),
		WITH_SCRATCH(an_unknown_directive_is_refused_before_libconfig_sees_it),
		WITH_SCRATCH(an_include_without_a_quoted_path_is_refused),
		WITH_SCRATCH(a_group_in_square_brackets_is_refused),
		WITH_SCRATCH(an_escaped_nul_is_refused),
		WITH_SCRATCH(a_group_with_more_names_than_any_of_ours_is_refused),
		WITH_SCRATCH(two_texts_are_not_joined_to_one),
		WITH_SCRATCH(a_nul_character_is_refused),
		WITH_SCRATCH(scanning_fails_cleanly_wherever_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
