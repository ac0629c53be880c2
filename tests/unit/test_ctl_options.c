/* SPDX-License-Identifier: ISC */
/* wrap: clock_now */
#include "ctl/cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 16

__typeof__(clock_now) __wrap_clock_now;

/* 2026-11-23T16:00:00Z, always. */
time_t __wrap_clock_now(void)
{
	return 1795449600;
}

struct fixture {
	char line[1024]; /* the words point into it */
	struct options options;
	char *said;
	size_t said_len;
};

/* Split a command line at blanks and parse it. */
static enum err parse(struct fixture *fix, const char *line)
{
	static char *argv[WORDS_MAX + 1];
	int argc = 0;
	FILE *err = open_memstream(&fix->said, &fix->said_len);
	enum err result;

	(void)snprintf(fix->line, sizeof(fix->line), "mta-stsctl %s", line);
	for (char *word = strtok(fix->line, " "); word != NULL && argc < WORDS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	result = options_parse(argc, argv, err, &fix->options);
	(void)fclose(err);
	return result;
}

static int set_up(void **state)
{
	static struct fixture fix;

	fix = (struct fixture){ 0 };
	*state = &fix;
	return unsetenv("MTA_STSCTL_SOCKET");
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	free(fix->said);
	return 0;
}

static void assert_refused(struct fixture *fix, const char *line, const char *why)
{
	assert_int_equal(parse(fix, line), ERR_SYNTAX);
	assert_non_null(strstr(fix->said, why));
	free(fix->said);
	fix->said = NULL;
}

static void options_may_stand_anywhere(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(parse(fix, "--json none a.example --keep-mx b.example --max-age 3600"), ERR_OK);

	assert_string_equal(fix->options.command, "none");
	assert_int_equal(fix->options.word_count, 2);
	assert_string_equal(fix->options.words[0], "a.example");
	assert_string_equal(fix->options.words[1], "b.example");
	assert_true(options_has(&fix->options, OPTION_JSON));
	assert_true(options_has(&fix->options, OPTION_KEEP_MX));
	assert_false(options_has(&fix->options, OPTION_ALL));
	assert_int_equal(options_number(&fix->options, OPTION_MAX_AGE), 3600);
}

static void what_follows_two_hyphens_is_no_option(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(parse(fix, "none -- --all"), ERR_OK);

	assert_false(options_has(&fix->options, OPTION_ALL));
	assert_string_equal(fix->options.words[0], "--all");
}

static void an_empty_line_has_no_command(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(parse(fix, ""), ERR_OK);

	assert_null(fix->options.command);
	assert_int_equal(fix->options.word_count, 0);
}

static void a_wrong_option_is_named(void **state)
{
	struct fixture *fix = *state;

	assert_refused(fix, "list --foo", "'--foo' is not an option");
	assert_refused(fix, "list --f", "'--f' is not an option, or is short for several");
	assert_refused(fix, "list --match", "'--match' requires a value");
	assert_refused(fix, "list --json=1", "takes no value");
	assert_refused(fix, "list -x", "'-x' is not an option");
	assert_refused(fix, "none -one.example", "'-one.example' is not an option");
	assert_refused(fix, "none a.example -one.example b.example", "'-one.example' is not an option");
	assert_refused(fix, "-xyz status", "'-xyz' is not an option");
	assert_refused(fix, "status --json -x", "'-x' is not an option");
	assert_refused(fix, "list --match a --match b", "--match is given twice");
	assert_refused(fix, "txt a.example --json --format zone", "exclude each other");
	assert_refused(fix, "txt a.example --format bind", "--format 'bind': write zone or nsupdate");
}

static void a_reason_too_long_is_refused_and_cut(void **state)
{
	struct fixture *fix = *state;
	char line[600] = "none a.example --reason ";
	size_t len = strlen(line);

	memset(line + len, 'r', 500);
	assert_int_equal(parse(fix, line), ERR_OK);
	assert_int_equal(strlen(fix->options.value[OPTION_REASON]), 500);
	free(fix->said);
	line[len + 500] = 'r';
	assert_refused(fix, line, "rrr...': write a few words, at most 500 bytes\n");
}

static void a_max_age_out_of_range_is_refused(void **state)
{
	static const char *const bad[] = {
		"0",  "31557601", "99999999999", "4294967297", "18446744073709551617",
		"-1", "+1",       "1x",          "0x10",       "1e3"
	};
	struct fixture *fix = *state;
	char line[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		(void)snprintf(line, sizeof(line), "none a.example --max-age=%s", bad[i]);
		assert_refused(fix, line, "write seconds from 1 to 31557600");
	}
	assert_int_equal(parse(fix, "none a.example --max-age=31557600"), ERR_OK);
	assert_int_equal(options_number(&fix->options, OPTION_MAX_AGE), 31557600);
}

static void a_number_of_the_audit_trail_counts_from_1(void **state)
{
	static const char *const bad[] = { "0", "-1", "x", "1000000000000000000", "1.5" };
	struct fixture *fix = *state;
	char line[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		(void)snprintf(line, sizeof(line), "audit --before=%s", bad[i]);
		assert_refused(fix, line, "write the number of an entry of the audit trail");
		assert_false(options_is_entry(bad[i]));
	}
	assert_int_equal(parse(fix, "audit --before 999999999999999999"), ERR_OK);
	assert_true(options_number(&fix->options, OPTION_BEFORE) == OPTIONS_ENTRY_MAX);
	assert_true(options_is_entry("41"));
	assert_int_equal(options_entry("41"), 41);
	assert_false(options_is_entry(""));
}

static void a_moment_in_the_past_comes_out_as_the_api_writes_it(void **state)
{
	static const char *const cases[][2] = { { "2026-11-23", "2026-11-23T00:00:00Z" },
						{ "2026-11-23T15:00:00Z", "2026-11-23T15:00:00Z" },
						{ "90m", "2026-11-23T14:30:00Z" },
						{ "7d", "2026-11-16T16:00:00Z" } };
	struct fixture *fix = *state;
	char since[CLOCK_TEXT_SIZE];
	char line[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		(void)snprintf(line, sizeof(line), "txt --changed-since %s", cases[i][0]);
		assert_int_equal(parse(fix, line), ERR_OK);
		assert_string_equal(options_changed_since(&fix->options, since), cases[i][1]);
		free(fix->said);
		fix->said = NULL;
	}
	assert_refused(fix, "txt --changed-since today", "--changed-since 'today': write a day such as");
}

static void only_two_events_can_be_waited_for(void **state)
{
	struct fixture *fix = *state;

	assert_refused(fix, "wait a.example --until never", "--until 'never': write dns or safe");
	assert_refused(fix, "wait a.example --timeout 0", "write seconds from 1");
	assert_int_equal(parse(fix, "wait a.example --until safe --timeout 60"), ERR_OK);
	assert_int_equal(options_number(&fix->options, OPTION_TIMEOUT), 60);
}

static void the_socket_is_the_option_then_the_environment_then_the_default(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(parse(fix, "status"), ERR_OK);
	assert_string_equal(options_socket(&fix->options), RUNSTATEDIR "/mta-stsd/control.sock");
	assert_int_equal(setenv("MTA_STSCTL_SOCKET", "", 1), 0);
	assert_string_equal(options_socket(&fix->options), RUNSTATEDIR "/mta-stsd/control.sock");
	assert_int_equal(setenv("MTA_STSCTL_SOCKET", "/env", 1), 0);
	assert_string_equal(options_socket(&fix->options), "/env");
	free(fix->said);
	assert_int_equal(parse(fix, "status --socket /option"), ERR_OK);
	assert_string_equal(options_socket(&fix->options), "/option");
}

static void the_format_is_for_people_unless_asked(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(parse(fix, "txt a.example"), ERR_OK);
	assert_int_equal(options_format(&fix->options), FORMAT_PEOPLE);
	free(fix->said);
	assert_int_equal(parse(fix, "txt a.example --format zone"), ERR_OK);
	assert_int_equal(options_format(&fix->options), FORMAT_ZONE);
	free(fix->said);
	assert_int_equal(parse(fix, "txt a.example --format=nsupdate"), ERR_OK);
	assert_int_equal(options_format(&fix->options), FORMAT_NSUPDATE);
}

static void every_option_with_a_value_checks_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		assert_non_null(options_table[i].name);
		assert_non_null(options_table[i].help);
		assert_true((options_table[i].argument != NULL) == (options_table[i].accepts != NULL));
		assert_true((options_table[i].argument != NULL) == (options_table[i].expected != NULL));
	}
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#define NOW ((time_t)1795449600) /* 2026-11-23T16:00:00Z */

static void assert_reads(const char *text, time_t expected)
{
	time_t since = -1;

	assert_int_equal(options_parse_since(text, NOW, &since), ERR_OK);
	assert_int_equal(since, expected);
}

static void a_day_begins_at_midnight_utc(void **state)
{
	(void)state;
	assert_reads("2026-11-23", NOW - 16 * 3600);
	assert_reads("2024-02-29", 1709164800);
}

static void a_moment_is_read_as_it_is_printed(void **state)
{
	(void)state;
	assert_reads("2026-11-23T16:00:00Z", NOW);
	assert_reads("2026-11-23T16:00:01Z", NOW + 1);
}

static void a_span_ends_now(void **state)
{
	(void)state;
	assert_reads("90s", NOW - 90);
	assert_reads("90m", NOW - 90 * 60);
	assert_reads("24h", NOW - 86400);
	assert_reads("7d", NOW - 7 * 86400);
	assert_reads("3660d", NOW - 3660L * 86400);
}

static void anything_else_is_refused(void **state)
{
	static const char *const bad[] = { "",
					   "d",
					   "7",
					   "7w",
					   "-7d",
					   " 7d",
					   "7 d",
					   "7dd",
					   "3661d",
					   "9999999999s",
					   "99999999999999999999d",
					   "2026-02-29",
					   "2026-13-01",
					   "2026-1-1",
					   "26-11-23",
					   " 2026-11-3",
					   "2026-11-23T16:00:00",
					   "2026-11-23T16:00:00z",
					   "2026-11-23 16:00:00Z",
					   "2026-11-23T24:00:00Z",
					   "2026-11-23T16:00:61Z",
					   "2026-11-23T16:00:00+00:00",
					   "2026-11-23T16:00:00Z ",
					   "yesterday" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		time_t since = -1;

		assert_int_equal(options_parse_since(bad[i], NOW, &since), ERR_SYNTAX);
		assert_int_equal(since, -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(options_may_stand_anywhere),
		UNIT(what_follows_two_hyphens_is_no_option),
		UNIT(an_empty_line_has_no_command),
		UNIT(a_wrong_option_is_named),
		UNIT(a_reason_too_long_is_refused_and_cut),
		UNIT(a_max_age_out_of_range_is_refused),
		UNIT(a_number_of_the_audit_trail_counts_from_1),
		UNIT(a_moment_in_the_past_comes_out_as_the_api_writes_it),
		UNIT(only_two_events_can_be_waited_for),
		UNIT(the_socket_is_the_option_then_the_environment_then_the_default),
		UNIT(the_format_is_for_people_unless_asked),
		UNIT(every_option_with_a_value_checks_it),
		cmocka_unit_test(a_day_begins_at_midnight_utc),
		cmocka_unit_test(a_moment_is_read_as_it_is_printed),
		cmocka_unit_test(a_span_ends_now),
		cmocka_unit_test(anything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
