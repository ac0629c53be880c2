/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "test_ctl_samples.h"

#include "ctl/cli/print.h"
#include "ctl/cli/table.h"
#include "ctl/show/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	char *bytes;
	size_t len;
	FILE *out;
};

static int set_up(void **state)
{
	static struct fixture fix;

	fix.out = open_memstream(&fix.bytes, &fix.len);
	*state = &fix;
	return fix.out != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	(void)fclose(fix->out);
	free(fix->bytes);
	return 0;
}

static void assert_printed(struct fixture *fix, const char *expected)
{
	assert_int_equal(fflush(fix->out), 0);
	assert_string_equal(fix->bytes, expected);
}

static void no_control_character_reaches_a_terminal(void **state)
{
	struct fixture *fix = *state;

	for (int c = 1; c < 256; c++) {
		const char byte = (char)c;

		print_escaped(fix->out, &byte, 1);
	}
	assert_int_equal(fflush(fix->out), 0);
	for (size_t i = 0; i < fix->len; i++)
		assert_in_range(fix->bytes[i], 0x20, 0x7e);
}

static void an_escaped_string_is_as_wide_as_it_says(void **state)
{
	static const char string[] = "a \x1b[31m \xc2\x9b";
	struct fixture *fix = *state;

	print_text(fix->out, string);
	assert_printed(fix, "a \\x1b[31m \\xc2\\x9b");
	assert_int_equal(print_width(string), fix->len);
}

static void a_problem_is_one_escaped_line(void **state)
{
	print_problem(((struct fixture *)*state)->out, "%s", "one\ntwo");
	assert_printed(*state, "mta-stsctl: one\\x0atwo\n");
}

static void json_is_printed_without_control_characters(void **state)
{
	struct fixture *fix = *state;
	json_t *reply = json_pack("{s:s, s:i}", "a", "\x1b\x7f\xc2\x9b", "b", 1);

	assert_int_equal(print_json(fix->out, reply), ERR_OK);
	assert_printed(fix, "{\n  \"a\": \"\\u001B\\u007f\\u009B\",\n  \"b\": 1\n}\n");
	json_decref(reply);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	struct table table = { .columns = 3 };
	struct fixture *fix = *state;

	table_put(&table, (const char *const[]){ "A", "B", "C" });
	table_put(&table, (const char *const[]){ "long", "", "x" });
	table_put(&table, (const char *const[]){ "\x01", "bb", "" });
	assert_int_equal(table_end(&table, " ", fix->out), ERR_OK);
	assert_printed(fix, " A     B   C\n long      x\n \\x01  bb\n");
}

static void a_duration_is_exact(void **state)
{
	static const struct {
		json_int_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "0 seconds" },
		{ 1, "1 second" },
		{ 60, "1 minute" },
		{ 86400, "1 day" },
		{ 604800, "7 days" },
		{ 31557600, "365 days 6 hours" },
		{ 90061, "1 day 1 hour 1 minute 1 second" },
	};
	char text[PRINT_DURATION_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(print_duration(cases[i].seconds, text), cases[i].text);
	assert_in_range(strlen(print_duration(INT64_MAX, text)), 1, PRINT_DURATION_SIZE - 1);
}

static void a_count_is_grouped_and_has_its_noun(void **state)
{
	static const struct {
		json_int_t count;
		const char *text;
	} cases[] = {
		{ 0, "0 times" },
		{ 1, "1 time" },
		{ 999, "999 times" },
		{ 4213, "4,213 times" },
		{ 1000000, "1,000,000 times" },
		{ -100, "-100 times" },
		{ INT64_MIN, "-9,223,372,036,854,775,808 times" },
	};
	char text[PRINT_COUNT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(print_count(cases[i].count, "time", text), cases[i].text);
}

static void a_time_is_shortened(void **state)
{
	char text[PRINT_TIME_SIZE];

	(void)state;
	assert_string_equal(print_time("2026-11-23T16:00:59Z", text), "2026-11-23 16:00");
	assert_string_equal(print_time("", text), "unknown");
}

static void txt_prints_a_line_of_a_zone(void **state)
{
	struct printed printed_txt =
		printed(list_print_txt, FORMAT_PEOPLE, "{\"domains\":[{" SAMPLE_ROW_FIELDS "}]}");

	(void)state;
	assert_int_equal(printed_txt.err, ERR_OK);
	assert_string_equal(printed_txt.out,
			    "_mta-sts.example.org. 300 IN TXT \"v=STSv1; id=20261123160000;\"\n");
	printed_free(&printed_txt);
}

static void txt_prints_a_script_that_replaces_the_record(void **state)
{
	struct printed printed_txt =
		printed(list_print_txt, FORMAT_NSUPDATE, "{\"domains\":[{" SAMPLE_ROW_FIELDS "}]}");

	(void)state;
	assert_string_equal(printed_txt.out,
			    "update delete _mta-sts.example.org. TXT\n"
			    "update add _mta-sts.example.org. 300 TXT \"v=STSv1; id=20261123160000;\"\n"
			    "send\n");
	assert_string_equal(printed_txt.notes, "");
	printed_free(&printed_txt);
}

static void no_records_leave_a_note_aside(void **state)
{
	struct printed seen = printed(list_print_txt, FORMAT_PEOPLE, "{\"domains\":[]}");

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(seen.out, "");
	assert_string_equal(seen.notes, "no domains: nothing to publish\n");
	printed_free(&seen);
}

static void a_record_that_could_break_out_of_a_script_is_refused(void **state)
{
	static const char *const names[] = { "",
					     "example.",
					     "_mta-sts.example.org",
					     "_mta-sts.example.org.\nsend\n_mta-sts.a.",
					     "_mta-sts.a b.",
					     "_mta-sts.a;b.",
					     "_mta-sts.\"a.",
					     "_mta-sts..a." };
	static const char *const values[] = { "", "v=STSv1;\n", "v=\"STSv1", "v=STSv1\\", "v=STSv1\xc3\xbc" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names) + sizeof(values) / sizeof(*values); i++) {
		size_t count = sizeof(names) / sizeof(*names);
		json_t *txt = json_pack("{s:s, s:s}", "name", i < count ? names[i] : "_mta-sts.example.org.",
					"value", i < count ? "v=STSv1; id=1;" : values[i - count]);
		char *row = spoiled("{" SAMPLE_ROW_FIELDS "}", "txt", txt);
		char *reply = NULL;
		struct printed printed_txt;

		assert_true(asprintf(&reply, "{\"domains\":[%s]}", row) > 0);
		printed_txt = printed(list_print_txt, FORMAT_ZONE, reply);
		assert_int_equal(printed_txt.err, ERR_SYNTAX);
		assert_string_equal(printed_txt.out, "");
		printed_free(&printed_txt);
		free(reply);
		free(row);
	}
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(no_control_character_reaches_a_terminal),
		UNIT(an_escaped_string_is_as_wide_as_it_says),
		UNIT(a_problem_is_one_escaped_line),
		UNIT(json_is_printed_without_control_characters),
		UNIT(columns_are_as_wide_as_their_widest_cell),
		UNIT(a_duration_is_exact),
		UNIT(a_count_is_grouped_and_has_its_noun),
		UNIT(a_time_is_shortened),
		UNIT(txt_prints_a_line_of_a_zone),
		UNIT(txt_prints_a_script_that_replaces_the_record),
		UNIT(no_records_leave_a_note_aside),
		UNIT(a_record_that_could_break_out_of_a_script_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
