/* SPDX-License-Identifier: ISC */
/* wrap: fsync rename write */
#include "base/text.h"
#include "certs/installed.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Which call fails next; 0: none. */
static unsigned fsync_fails;
static bool write_fails, rename_fails;
static unsigned syncs;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);

int __wrap_fsync(int fd)
{
	if (++syncs != fsync_fails)
		return __real_fsync(fd);
	errno = EIO;
	return -1;
}

int __wrap_rename(const char *from, const char *to)
{
	if (!rename_fails)
		return __real_rename(from, to);
	errno = EIO;
	return -1;
}

/* A piece goes through before the disk is full; standard error always does. */
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
	if (!write_fails || fd == STDERR_FILENO)
		return __real_write(fd, bytes, len > 3 && fd != STDERR_FILENO ? 3 : len);
	errno = ENOSPC;
	return -1;
}

struct fixture {
	struct scratch *scratch;
	char directory[256];
	char path[300];
};

static const struct text old = { .bytes = (char *)(uintptr_t) "old bytes", .len = 9 };
static const struct text new = { .bytes = (char *)(uintptr_t) "new and longer", .len = 14 };

static int set_up(void **state)
{
	static struct fixture fixture;
	void *scratch = NULL;

	fsync_fails = syncs = 0;
	write_fails = rename_fails = false;
	if (scratch_setup(&scratch) != 0)
		return -1;
	fixture.scratch = scratch;
	(void)snprintf(fixture.directory, sizeof(fixture.directory), "%s/certificates",
		       fixture.scratch->folder);
	(void)snprintf(fixture.path, sizeof(fixture.path), "%s/a-ecdsa.pem", fixture.directory);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;
	void *scratch = fix->scratch;

	return scratch_teardown(&scratch);
}

static void put(const struct fixture *fix, const struct text *pem)
{
	assert_int_equal(installed_write(fix->directory, pem), ERR_OK);
	assert_int_equal(installed_put(fix->directory, fix->path), ERR_OK);
}

static bool has_leftover(const struct fixture *fix)
{
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/.new", fix->directory);
	return access(path, F_OK) == 0;
}

static void what_is_put_is_there_for_us_alone(void **state)
{
	struct fixture *fix = *state;
	struct stat status;

	put(fix, &old);

	assert_true(installed_holds(fix->path, &old));
	assert_false(installed_holds(fix->path, &new));
	assert_int_equal(stat(fix->directory, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(stat(fix->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(syncs, 3); /* the parent, the file, the directory */
	put(fix, &new);
	assert_true(installed_holds(fix->path, &new));
}

static void nothing_changes_before_it_is_put(void **state)
{
	struct fixture *fix = *state;

	put(fix, &old);
	assert_int_equal(installed_write(fix->directory, &new), ERR_OK);
	assert_true(installed_holds(fix->path, &old));
	assert_true(has_leftover(fix));
	installed_clean(fix->directory);
	assert_false(has_leftover(fix));
	installed_clean(fix->directory);
	assert_true(installed_holds(fix->path, &old));
}

static void a_leftover_does_not_get_in_the_way(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(installed_write(fix->directory, &new), ERR_OK);
	put(fix, &old);
	assert_true(installed_holds(fix->path, &old));
}

static void a_full_disk_changes_nothing(void **state)
{
	struct fixture *fix = *state;

	put(fix, &old);
	write_fails = true;
	assert_int_equal(installed_write(fix->directory, &new), ERR_STORE);
	assert_false(has_leftover(fix));
	assert_true(installed_holds(fix->path, &old));
}

static void a_file_that_cannot_be_synced_is_not_put(void **state)
{
	struct fixture *fix = *state;

	put(fix, &old);
	for (unsigned i = 1; i <= 2; i++) {
		syncs = 0;
		fsync_fails = i;
		assert_int_equal(installed_write(fix->directory, &new), ERR_STORE);
		assert_false(has_leftover(fix));
	}
	assert_true(installed_holds(fix->path, &old));
}

static void a_rename_that_fails_leaves_it_for_the_next_start(void **state)
{
	struct fixture *fix = *state;
	uint64_t sum = 0;

	put(fix, &old);
	assert_int_equal(installed_write(fix->directory, &new), ERR_OK);
	rename_fails = true;
	assert_int_equal(installed_put(fix->directory, fix->path), ERR_STORE);
	assert_true(has_leftover(fix));
	assert_true(installed_holds(fix->path, &old));
	assert_int_equal(installed_left(fix->directory, &sum), ERR_OK);
	assert_true(sum == text_sum(TEXT_SUM_EMPTY, new.bytes, new.len));
	rename_fails = false;
	assert_int_equal(installed_put(fix->directory, fix->path), ERR_OK);
	assert_true(installed_holds(fix->path, &new));
	assert_int_equal(installed_left(fix->directory, &sum), ERR_NOT_FOUND);
}

static void a_directory_that_cannot_be_synced_leaves_it_unknown(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(installed_write(fix->directory, &new), ERR_OK);
	fsync_fails = syncs + 1;
	assert_int_equal(installed_put(fix->directory, fix->path), ERR_UNKNOWN);
	assert_true(installed_holds(fix->path, &new));
}

static void a_directory_that_cannot_be_made_is_an_error(void **state)
{
	struct fixture *fix = *state;

	(void)scratch_write(fix->scratch, "certificates", "a file");
	assert_int_equal(installed_write(fix->directory, &new), ERR_STORE);
	assert_int_equal(installed_write("/nowhere/at/all", &new), ERR_STORE);
}

static void removes_what_it_is_told_to(void **state)
{
	struct fixture *fix = *state;
	struct names paths = { 0 };

	put(fix, &old);
	assert_int_equal(names_put(&paths, "/nowhere/at/all"), ERR_OK);
	assert_int_equal(names_put(&paths, fix->path), ERR_OK);
	installed_remove(fix->directory, &paths);
	assert_int_equal(access(fix->path, F_OK), -1);
	names_free(&paths);
}

static void assert_path(const char *name, enum key_kind key, unsigned number, const char *wanted)
{
	struct facts info = { .key = key };
	char *path;

	assert_int_equal(names_put(&info.names, name), ERR_OK);
	path = installed_path("/d/", &info, number);
	assert_string_equal(path, wanted);
	free(path);
	names_free(&info.names);
}

static void files_are_named_after_the_pair(void **state)
{
	char name[254], wanted[300];

	(void)state;
	assert_path("a.example", KEY_ECDSA, 1, "/d/a.example-ecdsa.pem");
	assert_path("*.example", KEY_RSA, 2, "/d/_.example-rsa-2.pem");
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	(void)snprintf(wanted, sizeof(wanted), "/d/%.200s-ecdsa-99.pem", name);
	assert_path(name, KEY_ECDSA, INSTALLED_ALIKE_LIMIT, wanted);
}

static void knows_its_own_files(void **state)
{
	(void)state;
	assert_true(installed_has("/s/certificates", "/s/certificates/a.pem"));
	assert_true(installed_has("/s/certificates/", "/s/certificates/a.pem"));
	assert_false(installed_has("/s/certificates", "/s/certificates2/a.pem"));
	assert_false(installed_has("/s/certificates", "/s/certificates/below/a.pem"));
	assert_false(installed_has("/s/certificates", "/etc/a.pem"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_put_is_there_for_us_alone),
		TEST(nothing_changes_before_it_is_put),
		TEST(a_leftover_does_not_get_in_the_way),
		TEST(a_full_disk_changes_nothing),
		TEST(a_file_that_cannot_be_synced_is_not_put),
		TEST(a_rename_that_fails_leaves_it_for_the_next_start),
		TEST(a_directory_that_cannot_be_synced_leaves_it_unknown),
		TEST(a_directory_that_cannot_be_made_is_an_error),
		TEST(removes_what_it_is_told_to),
		TEST(files_are_named_after_the_pair),
		TEST(knows_its_own_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
