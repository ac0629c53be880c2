/* SPDX-License-Identifier: ISC */
#include "log/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Standard error into a pipe while a test writes to it. */
static int saved;
static int ends[2];

static void capture(void)
{
	saved = dup(STDERR_FILENO);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
}

static void assert_captured(const char *lines)
{
	char got[8192];
	ssize_t len;

	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	(void)close(saved);
	(void)close(ends[1]);
	len = read(ends[0], got, sizeof(got) - 1);
	(void)close(ends[0]);
	assert_true(len >= 0);
	got[len] = '\0';
	assert_string_equal(got, lines);
}

static void an_event_is_one_line(void **state)
{
	(void)state;
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	log_open();
	capture();
	log_error("store, not written (%s)", "disk full");
	log_info("daemon, ready");
	assert_captured("store, not written (disk full)\ndaemon, ready\n");
}

static void under_the_journal_each_line_begins_with_its_priority(void **state)
{
	(void)state;
	assert_int_equal(setenv("JOURNAL_STREAM", "8:1234", 1), 0);
	log_open();
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	capture();
	log_error("a");
	log_warning("b");
	log_notice("c");
	log_info("d");
	assert_captured("<3>a\n<4>b\n<5>c\n<6>d\n");
	log_open();
}

static void control_characters_cannot_make_two_lines_of_one(void **state)
{
	(void)state;
	capture();
	log_info("a%sb", "\n<3>forged\r\x1b[31m\x7f");
	assert_captured("a\\x0a<3>forged\\x0d\\x1b[31m\\x7fb\n");
}

static void a_terminal_obeys_nothing_and_turns_nothing_around(void **state)
{
	(void)state;
	capture();
	log_info("%s", "/d/\xc2\x9b"
		       "31m\xe2\x80\xae"
		       "fnoc\xff\xc3\xbc.conf");
	assert_captured("/d/\\xc2\\x9b31m\\xe2\\x80\\xaefnoc\\xff\\xc3\\xbc.conf\n");
}

static void a_line_that_is_too_long_is_cut_and_still_ended(void **state)
{
	char line[6000];
	char expected[4001];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	memset(expected, 'x', 3999);
	memcpy(expected + 3999, "\n", 2);
	capture();
	log_info("%s", line);
	assert_captured(expected);
}

static void a_stranger_may_cause_five_lines_in_ten_seconds(void **state)
{
	struct log_limit limit = { 0 };

	(void)state;
	capture();
	for (int i = 0; i < 5; i++)
		assert_true(log_allowed(&limit, 1000));
	assert_false(log_allowed(&limit, 1001));
	assert_false(log_allowed(&limit, 10999));
	assert_captured("");
	capture();
	assert_true(log_allowed(&limit, 11000));
	assert_captured("log, 2 similar lines left out\n");
	capture();
	for (int i = 0; i < 4; i++)
		assert_true(log_allowed(&limit, 11001));
	assert_false(log_allowed(&limit, 11002));
	assert_captured("");
}

static void nothing_is_said_when_nothing_was_left_out(void **state)
{
	struct log_limit limit = { 0 };

	(void)state;
	capture();
	assert_true(log_allowed(&limit, 1000));
	assert_true(log_allowed(&limit, 20000));
	assert_captured("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_one_line),
		cmocka_unit_test(under_the_journal_each_line_begins_with_its_priority),
		cmocka_unit_test(control_characters_cannot_make_two_lines_of_one),
		cmocka_unit_test(a_terminal_obeys_nothing_and_turns_nothing_around),
		cmocka_unit_test(a_line_that_is_too_long_is_cut_and_still_ended),
		cmocka_unit_test(a_stranger_may_cause_five_lines_in_ten_seconds),
		cmocka_unit_test(nothing_is_said_when_nothing_was_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
