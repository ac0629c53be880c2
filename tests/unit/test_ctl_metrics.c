/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "ctl/show/metrics.h"

#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void the_lines_come_out_as_they_came_in(void **state)
{
	struct printed seen =
		printed(metrics_print, FORMAT_PEOPLE, "\"# TYPE a gauge\\na{b=\\\"\\\\\\\\ ~\\\"} 1\\n\"");

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(seen.out, "# TYPE a gauge\na{b=\"\\\\ ~\"} 1\n");
	printed_free(&seen);
}

static void what_a_terminal_obeys_is_refused_and_nothing_of_it_printed(void **state)
{
	static const char *const replies[] = { "\"a 1\\u001b[2J\\n\"", "\"a 1\\r\\n\"", "\"a\\t1\\n\"",
					       "\"a 1\\u007f\\n\"", "\"a 1\\u009b\\n\"" };

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		struct printed seen = printed(metrics_print, FORMAT_PEOPLE, replies[i]);

		assert_int_equal(seen.err, ERR_SYNTAX);
		assert_string_equal(seen.out, "");
		printed_free(&seen);
	}
}

static void what_is_no_whole_lines_of_text_is_refused(void **state)
{
	static const char *const replies[] = { "{}", "[\"a 1\\n\"]", "7", "null", "\"\"", "\"a 1\"" };

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		struct printed seen = printed(metrics_print, FORMAT_PEOPLE, replies[i]);

		assert_int_equal(seen.err, ERR_SYNTAX);
		printed_free(&seen);
	}
}

/* JSON in a test cannot have it, and the daemon's text could. */
static void text_that_ends_early_is_refused(void **state)
{
	struct print_view view = { .out = stdout };
	json_t *reply = json_stringn("a 1\n\0b 2\n", 9);

	(void)state;
	assert_int_equal(metrics_print(&view, reply), ERR_SYNTAX);
	json_decref(reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lines_come_out_as_they_came_in),
		cmocka_unit_test(what_a_terminal_obeys_is_refused_and_nothing_of_it_printed),
		cmocka_unit_test(what_is_no_whole_lines_of_text_is_refused),
		cmocka_unit_test(text_that_ends_early_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
