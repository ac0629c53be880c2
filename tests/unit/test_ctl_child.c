/* SPDX-License-Identifier: ISC */
#include "ctl/acme/child.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Nothing here takes that long, however busy the machine is. */
#define LONG_MS  600000
#define SHORT_MS 20

static struct child run(const char *script, int timeout_ms)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	struct child child = { 0 };

	assert_int_equal(child_run(argv, timeout_ms, &child), ERR_OK);
	return child;
}

static void what_it_writes_and_how_it_ends_is_told(void **state)
{
	struct child child = run("echo one; echo two >&2; exit 3", LONG_MS);

	(void)state;
	assert_string_equal(child.output.bytes, "one\ntwo\n");
	assert_true(child_exited(&child, 3));
	assert_false(child_exited(&child, 0));
	child_free(&child);
}

static void of_a_long_output_the_end_is_kept(void **state)
{
	struct child child =
		run("i=0; while [ $i -lt 3000 ]; do echo $i 0123456789; i=$((i + 1)); done", LONG_MS);

	(void)state;
	assert_int_equal(child.output.len, CHILD_OUTPUT_MAX);
	assert_string_equal(child.output.bytes + child.output.len - 16, "2999 0123456789\n");
	child_free(&child);
}

/* In blocks of 512 bytes, as a shell tells. */
static void it_writes_no_long_file_and_leaves_no_core(void **state)
{
	struct child child = run("ulimit -f; ulimit -c", LONG_MS);

	(void)state;
	assert_string_equal(child.output.bytes, "2048\n0\n");
	child_free(&child);
}

static void it_has_nothing_to_read(void **state)
{
	struct child child = run("read line; echo \"$? $line\"", LONG_MS);

	(void)state;
	assert_string_equal(child.output.bytes, "1 \n");
	child_free(&child);
}

/* Of a shell a signal that was ignored when it began stays so. */
static void it_may_write_to_a_pipe_that_ends(void **state)
{
	struct child child;

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	child = run("trap; kill -PIPE $$; echo still here", LONG_MS);
	assert_int_equal(child.output.len, 0);
	assert_false(child_exited(&child, 0));
	child_free(&child);
}

static void one_that_does_not_end_is_killed(void **state)
{
	static const char *const scripts[] = { "exec sleep 600", "exec 1>&- 2>&-; exec sleep 600",
					       "exec yes" };

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		struct child child = run(scripts[i], SHORT_MS);

		assert_true(child.timed_out);
		assert_false(child_exited(&child, 0));
		child_free(&child);
	}
}

/* It holds the other end of the pipe. */
static void what_it_leaves_behind_is_not_waited_for(void **state)
{
	struct child child = run("sleep 600 & echo $!", LONG_MS);

	(void)state;
	assert_true(child_exited(&child, 0));
	assert_int_equal(kill(atoi(child.output.bytes), SIGKILL), 0);
	child_free(&child);
}

static void a_program_that_cannot_be_run_ends_like_in_a_shell(void **state)
{
	const char *const argv[] = { "/nonexistent/program", NULL };
	struct child child = { 0 };

	(void)state;
	assert_int_equal(child_run(argv, LONG_MS, &child), ERR_OK);
	assert_true(child_exited(&child, 127));
	child_free(&child);
}

static void programs_are_found_by_path(void **state)
{
	char path[PATH_MAX];

	(void)state;
	assert_int_equal(setenv("PATH", "::/nonexistent:/etc:/bin:/usr/bin", 1), 0);
	assert_int_equal(child_find("sh", path), ERR_OK);
	assert_string_equal(path, "/bin/sh");
	assert_int_equal(child_find("passwd.no-such-program", path), ERR_NOT_FOUND);
	/* A directory, and a file that nobody may run. */
	assert_int_equal(setenv("PATH", "/:/etc", 1), 0);
	assert_int_equal(child_find("usr", path), ERR_NOT_FOUND);
	assert_int_equal(child_find("passwd", path), ERR_NOT_FOUND);
	assert_int_equal(unsetenv("PATH"), 0);
	assert_int_equal(child_find("sh", path), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_writes_and_how_it_ends_is_told),
		cmocka_unit_test(of_a_long_output_the_end_is_kept),
		cmocka_unit_test(it_writes_no_long_file_and_leaves_no_core),
		cmocka_unit_test(it_has_nothing_to_read),
		cmocka_unit_test(it_may_write_to_a_pipe_that_ends),
		cmocka_unit_test(one_that_does_not_end_is_killed),
		cmocka_unit_test(what_it_leaves_behind_is_not_waited_for),
		cmocka_unit_test(a_program_that_cannot_be_run_ends_like_in_a_shell),
		cmocka_unit_test(programs_are_found_by_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
