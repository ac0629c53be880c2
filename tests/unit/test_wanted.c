/* SPDX-License-Identifier: ISC */
/* wrap: log_write */
#include "core/wanted.h"

#include "base/file.h"
#include "log/log.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static unsigned lines;
static char last[512];

__typeof__(log_write) __wrap_log_write __attribute__((format(printf, 2, 3)));

void __wrap_log_write(enum log_level level, const char *format, ...)
{
	va_list args;

	assert_int_equal(level, LOG_LEVEL_WARNING);
	lines++;
	va_start(args, format);
	(void)vsnprintf(last, sizeof(last), format, args);
	va_end(args);
}

static int set_up(void **state)
{
	lines = 0;
	return scratch_setup(state);
}

static void assert_told(const struct scratch *scratch, const char *text)
{
	struct file file = { 0 };
	const char *why;

	assert_int_equal(file_read(scratch_path(scratch, WANTED_FILE), 100, &file, &why), ERR_OK);
	assert_string_equal(file.bytes, text);
	assert_int_equal(file.status.st_mode & 07777, S_IRUSR | S_IWUSR);
	file_free(&file);
}

static void the_file_says_how_many(void **state)
{
	const struct scratch *scratch = *state;
	struct wanted_file wanted = { .state = scratch->folder };

	wanted_tell(&wanted, 1234567);
	assert_told(scratch, "domains without a certificate: 1234567\n");
	wanted_tell(&wanted, 1);
	assert_told(scratch, "domains without a certificate: 1\n");
	assert_int_equal(lines, 0);
}

static void a_failure_is_said_once_until_it_works_again(void **state)
{
	const struct scratch *scratch = *state;
	struct wanted_file wanted = { .state = scratch->folder };

	assert_int_equal(mkdir(scratch_path(scratch, WANTED_FILE), 0700), 0);
	wanted_tell(&wanted, 1);
	assert_int_equal(lines, 1);
	assert_non_null(strstr(last, "/" WANTED_FILE ": Is a directory)"));
	wanted_tell(&wanted, 1);
	assert_int_equal(lines, 1);

	assert_int_equal(rmdir(scratch_path(scratch, WANTED_FILE)), 0);
	wanted_tell(&wanted, 2);
	assert_told(scratch, "domains without a certificate: 2\n");

	assert_int_equal(unlink(scratch_path(scratch, WANTED_FILE)), 0);
	assert_int_equal(mkdir(scratch_path(scratch, WANTED_FILE), 0700), 0);
	wanted_tell(&wanted, 1);
	assert_int_equal(lines, 2);
}

static void neither_a_link_nor_a_reader_that_never_comes_is_written_to(void **state)
{
	const struct scratch *scratch = *state;
	struct wanted_file wanted = { .state = scratch->folder };
	struct stat status;

	assert_int_equal(symlink(scratch_write(scratch, "other", ""), scratch_path(scratch, WANTED_FILE)), 0);
	wanted_tell(&wanted, 1);
	assert_int_equal(stat(scratch_path(scratch, "other"), &status), 0);
	assert_int_equal(status.st_size, 0);

	assert_int_equal(unlink(scratch_path(scratch, WANTED_FILE)), 0);
	assert_int_equal(mkfifo(scratch_path(scratch, WANTED_FILE), 0600), 0);
	wanted_tell(&wanted, 1);
	assert_int_equal(lines, 1);
}

static void nobody_is_told_without_a_state_directory(void **state)
{
	struct wanted_file wanted = { .state = NULL };

	(void)state;
	wanted_tell(&wanted, 1);
	assert_int_equal(lines, 0);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(the_file_says_how_many),
		UNIT(a_failure_is_said_once_until_it_works_again),
		UNIT(neither_a_link_nor_a_reader_that_never_comes_is_written_to),
		UNIT(nobody_is_told_without_a_state_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
