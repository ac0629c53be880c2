/* SPDX-License-Identifier: ISC */
#include "base/folder.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char letters[] = "bytes";
static const struct text bytes = { .bytes = letters, .len = 5 };

/* Somebody else, whom root gives to and others cannot. */
static struct stat owner(void)
{
	return (struct stat){ .st_uid = geteuid() == 0 ? 65534 : geteuid(),
			      .st_gid = geteuid() == 0 ? 65534 : getegid() };
}

static int open_folder(const struct scratch *scratch)
{
	int fd = open(scratch->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void assert_is(const char *path, mode_t mode)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	assert_int_equal(status.st_mode, mode);
	assert_int_equal(status.st_uid, owner().st_uid);
	assert_int_equal(status.st_gid, owner().st_gid);
}

static void what_is_made_is_the_owners_alone(void **state)
{
	struct scratch *scratch = *state;
	int folder = open_folder(scratch);
	const struct stat whose = owner();
	struct stat made;
	int in;

	assert_int_equal(folder_make(folder, "in", &in), ERR_OK);
	assert_int_equal(stat(scratch_path(scratch, "in"), &made), 0);
	assert_int_equal(made.st_uid, geteuid()); /* until it is complete */
	assert_int_equal(folder_put(folder, "in/file", &bytes, &whose), ERR_OK);
	assert_int_equal(folder_sync(folder, "in"), ERR_OK);
	assert_int_equal(folder_give_open(in, &whose), ERR_OK);
	(void)close(in);
	assert_is(scratch_path(scratch, "in"), S_IFDIR | 0700);
	assert_is(scratch_path(scratch, "in/file"), S_IFREG | 0600);
	(void)close(folder);
}

static void nothing_that_is_there_is_overwritten(void **state)
{
	struct scratch *scratch = *state;
	int folder = open_folder(scratch);
	const struct stat whose = owner();
	int fd;

	(void)scratch_write(scratch, "file", "old");
	assert_int_equal(symlink("/nowhere", scratch_path(scratch, "link")), 0);
	assert_int_equal(folder_put(folder, "file", &bytes, &whose), ERR_EXISTS);
	assert_int_equal(folder_put(folder, "link", &bytes, &whose), ERR_EXISTS);
	assert_int_equal(folder_make(folder, "file", &fd), ERR_EXISTS);
	assert_int_equal(folder_make(folder, "no/such", &fd), ERR_IO);
	assert_int_equal(fd, -1);
	assert_int_equal(folder_put(folder, "no/such", &bytes, &whose), ERR_IO);
	assert_int_equal(folder_sync(folder, "nothing"), ERR_IO);
	assert_int_equal(folder_give(folder, "nothing", &whose), ERR_IO);
	(void)close(folder);
}

static void names_are_sorted_and_hidden_ones_left_out(void **state)
{
	struct scratch *scratch = *state;
	struct names names = { 0 };

	(void)scratch_write(scratch, "b", "");
	(void)scratch_write(scratch, "a", "");
	(void)scratch_write(scratch, ".new", "");
	assert_int_equal(folder_list(scratch->folder, &names), ERR_OK);
	assert_int_equal(names.count, 2);
	assert_string_equal(names.item[0], "a");
	assert_string_equal(names.item[1], "b");
	names_free(&names);
	assert_int_equal(folder_list(scratch_path(scratch, "nothing"), &names), ERR_NOT_FOUND);
	assert_int_equal(folder_list(scratch_path(scratch, "a"), &names), ERR_IO);
	names_free(&names);
}

static void all_of_it_goes_and_nothing_beside_it(void **state)
{
	struct scratch *scratch = *state;
	int folder = open_folder(scratch);

	(void)scratch_write(scratch, "stays", "");
	assert_int_equal(mkdir(scratch_path(scratch, "in"), 0700), 0);
	assert_int_equal(mkdir(scratch_path(scratch, "in/deep"), 0700), 0);
	assert_int_equal(mkdir(scratch_path(scratch, "beside"), 0700), 0);
	(void)scratch_write(scratch, "beside/file", "");
	(void)scratch_write(scratch, "in/deep/file", "");
	(void)scratch_write(scratch, "in/.hidden", "");
	assert_int_equal(symlink("../beside", scratch_path(scratch, "in/link")), 0);
	assert_int_equal(folder_remove(folder, "in"), ERR_OK);
	assert_int_not_equal(access(scratch_path(scratch, "in"), F_OK), 0);
	assert_int_equal(access(scratch_path(scratch, "beside/file"), F_OK), 0);
	assert_int_equal(folder_remove(folder, "in"), ERR_OK);
	assert_int_equal(folder_remove(folder, "stays"), ERR_OK);
	assert_int_not_equal(access(scratch_path(scratch, "stays"), F_OK), 0);
	assert_int_equal(folder_remove(folder, "beside/file/deeper"), ERR_IO);
	(void)close(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_made_is_the_owners_alone),
		TEST(nothing_that_is_there_is_overwritten),
		TEST(names_are_sorted_and_hidden_ones_left_out),
		TEST(all_of_it_goes_and_nothing_beside_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
