/* SPDX-License-Identifier: ISC */
/* wrap: open read; memory */
#include "base/file.h"

#include "memory.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_refused(const char *path, size_t limit, enum err expected, const char *reason)
{
	struct file file = { 0 };
	const char *why = NULL;

	assert_int_equal(file_read(path, limit, &file, &why), expected);
	assert_string_equal(why, reason);
	assert_null(file.bytes);
}

static void a_file_is_read_whole_with_a_nul_behind_it(void **state)
{
	const char *path = scratch_put(*state, "a", "x\0y", 3);
	struct file file = { 0 };
	const char *why = NULL;

	assert_int_equal(file_read(path, 3, &file, &why), ERR_OK);
	assert_int_equal(file.len, 3);
	assert_memory_equal(file.bytes, "x\0y", 4);
	assert_int_equal(file.status.st_size, 3);
	file_free(&file);
	assert_null(file.bytes);
}

static void an_empty_file_is_an_empty_string(void **state)
{
	struct file file = { 0 };
	const char *why = NULL;

	assert_int_equal(file_read(scratch_write(*state, "a", ""), 0, &file, &why), ERR_OK);
	assert_int_equal(file.len, 0);
	assert_string_equal(file.bytes, "");
	file_free(&file);
}

static void a_link_is_followed(void **state)
{
	struct file file = { 0 };
	const char *why = NULL;

	(void)scratch_write(*state, "a", "x");
	assert_int_equal(symlink("a", scratch_path(*state, "l")), 0);
	assert_int_equal(file_read(scratch_path(*state, "l"), 1, &file, &why), ERR_OK);
	assert_string_equal(file.bytes, "x");
	file_free(&file);
}

static void one_byte_over_the_limit_is_too_large(void **state)
{
	assert_refused(scratch_write(*state, "a", "1234"), 3, ERR_RANGE, "is too large");
}

static void what_is_missing_is_not_found(void **state)
{
	assert_int_equal(symlink("nowhere", scratch_path(*state, "l")), 0);
	assert_refused(scratch_path(*state, "a"), 9, ERR_NOT_FOUND, "does not exist, or is a dangling link");
	assert_refused(scratch_path(*state, "l"), 9, ERR_NOT_FOUND, "does not exist, or is a dangling link");
}

static void a_fifo_is_not_waited_for(void **state)
{
	assert_int_equal(mkfifo(scratch_path(*state, "p"), 0600), 0);
	assert_refused(scratch_path(*state, "p"), 9, ERR_REFUSED, "is a FIFO");
}

static void directories_devices_and_loops_are_refused(void **state)
{
	struct scratch *scratch = *state;

	assert_int_equal(symlink("l", scratch_path(scratch, "l")), 0);
	assert_refused(scratch->folder, 9, ERR_REFUSED, "is a directory");
	assert_refused("/dev/zero", 9, ERR_REFUSED, "is a device");
	assert_refused(scratch_path(scratch, "l"), 9, ERR_IO, "is a loop of links");
}

static void where_others_write_no_link_is_followed(void **state)
{
	struct scratch *scratch = *state;
	struct file file = { 0 };
	const char *why = NULL;

	(void)scratch_write(scratch, "a", "x");
	assert_int_equal(symlink("a", scratch_path(scratch, "l")), 0);
	assert_int_equal(symlink(".", scratch_path(scratch, "folder")), 0);
	assert_int_equal(file_read_in(scratch->folder, "a", 1, &file, &why), ERR_OK);
	assert_string_equal(file.bytes, "x");
	file_free(&file);
	assert_int_equal(file_read_in(scratch->folder, "l", 1, &file, &why), ERR_REFUSED);
	assert_string_equal(why, "is a symbolic link");
	assert_int_equal(file_read_in(scratch_path(scratch, "folder"), "a", 1, &file, &why), ERR_IO);
	assert_int_equal(file_read_in(scratch->folder, "gone", 1, &file, &why), ERR_NOT_FOUND);
	assert_int_equal(file_read_in(scratch_path(scratch, "gone"), "a", 1, &file, &why), ERR_NOT_FOUND);
}

static void a_socket_is_refused(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const char *path = scratch_path(*state, "s");
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(strlen(path) < sizeof(un.sun_path));
	memcpy(un.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_refused(path, 9, ERR_IO, "is a socket or a device");
	(void)close(fd);
}

static int open_error;
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	if (open_error == 0)
		return __real_open(path, flags);
	errno = open_error;
	return -1;
}

static void each_reason_for_which_a_file_does_not_open_has_its_words(void **state)
{
	static const struct {
		int error;
		const char *why;
	} reasons[] = {
		{ EACCES, "may not be read (permission denied)" },
		{ EMFILE, "cannot be opened: too many open files" },
		{ ENFILE, "cannot be opened: too many open files" },
		{ EIO, "cannot be read: input or output error" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		open_error = reasons[i].error;
		assert_refused("/a", 9, ERR_IO, reasons[i].why);
	}
	open_error = 0;
}

static int read_errors;
static int read_error;
ssize_t __real_read(int fd, void *bytes, size_t len);
ssize_t __wrap_read(int fd, void *bytes, size_t len);
ssize_t __wrap_read(int fd, void *bytes, size_t len)
{
	if (read_errors == 0)
		return __real_read(fd, bytes, len > 1 ? 1 : len);
	read_errors--;
	errno = read_error;
	return -1;
}

static void interrupted_and_short_reads_are_continued(void **state)
{
	struct file file = { 0 };
	const char *why = NULL;
	const char *path = scratch_write(*state, "a", "1234");

	read_errors = 2;
	read_error = EINTR;
	assert_int_equal(file_read(path, 4, &file, &why), ERR_OK);
	assert_string_equal(file.bytes, "1234");
	file_free(&file);
}

static void a_read_error_is_no_short_file(void **state)
{
	const char *path = scratch_write(*state, "a", "1234");

	read_errors = 1;
	read_error = EIO;
	assert_refused(path, 4, ERR_IO, "cannot be read: input or output error");
}

static void without_memory_nothing_is_read(void **state)
{
	const char *path = scratch_write(*state, "a", "1234");

	memory_fail_after(0);
	assert_refused(path, 4, ERR_NO_MEMORY, "out of memory");
	assert_true(memory_restore());
}

static void a_file_is_unchanged_until_one_of_its_marks_differs(void **state)
{
	struct stat a;
	struct stat b;

	assert_int_equal(stat(scratch_write(*state, "a", "x"), &a), 0);
	b = a;
	assert_true(file_unchanged(&a, &b));
	b.st_mtim.tv_nsec++;
	assert_false(file_unchanged(&a, &b));
	b = a;
	b.st_ctim.tv_nsec++;
	assert_false(file_unchanged(&a, &b));
	b = a;
	b.st_ino++;
	assert_false(file_unchanged(&a, &b));
	b = a;
	b.st_dev++;
	assert_false(file_unchanged(&a, &b));
	b = a;
	b.st_size++;
	assert_false(file_unchanged(&a, &b));
}

static void a_path_has_one_slash_between_its_parts(void **state)
{
	static const struct {
		const char *folder;
		const char *path;
	} cases[] = { { "/a", "/a/n" }, { "/a/", "/a/n" }, { "/a//", "/a/n" }, { ".", "./n" } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *path = file_path(cases[i].folder, "n");

		assert_string_equal(path, cases[i].path);
		free(path);
	}
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(a_file_is_read_whole_with_a_nul_behind_it),
		WITH_SCRATCH(an_empty_file_is_an_empty_string),
		WITH_SCRATCH(a_link_is_followed),
		WITH_SCRATCH(one_byte_over_the_limit_is_too_large),
		WITH_SCRATCH(what_is_missing_is_not_found),
		WITH_SCRATCH(a_fifo_is_not_waited_for),
		WITH_SCRATCH(directories_devices_and_loops_are_refused),
		WITH_SCRATCH(where_others_write_no_link_is_followed),
		WITH_SCRATCH(a_socket_is_refused),
		WITH_SCRATCH(each_reason_for_which_a_file_does_not_open_has_its_words),
		WITH_SCRATCH(interrupted_and_short_reads_are_continued),
		WITH_SCRATCH(a_read_error_is_no_short_file),
		WITH_SCRATCH(without_memory_nothing_is_read),
		WITH_SCRATCH(a_file_is_unchanged_until_one_of_its_marks_differs),
		WITH_SCRATCH(a_path_has_one_slash_between_its_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
