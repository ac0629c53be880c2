/* SPDX-License-Identifier: ISC */
/* wrap: fchown fstat geteuid */
#include "scratch.h"

#include "store/files_private.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define RESERVE (8L << 20)

/* Who runs the test, in the eyes of the code. */
static uid_t user;

static bool fstat_fails, fchown_fails;
static unsigned given; /* how often a file was given away */
static uid_t given_to;

uid_t __wrap_geteuid(void);
int __real_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status);
int __wrap_fchown(int fd, uid_t owner, gid_t group);

uid_t __wrap_geteuid(void)
{
	return user;
}

int __wrap_fstat(int fd, struct stat *status)
{
	if (!fstat_fails)
		return __real_fstat(fd, status);
	errno = EIO;
	return -1;
}

int __wrap_fchown(int fd, uid_t owner, gid_t group)
{
	(void)fd;
	(void)group;
	given++;
	given_to = owner;
	errno = EPERM;
	return fchown_fails ? -1 : 0;
}

struct fixture {
	struct scratch *scratch;
	struct files files;
};

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));
	void *scratch = NULL;

	user = 1000;
	fstat_fails = fchown_fails = false;
	given = 0;
	if (fix == NULL || scratch_setup(&scratch) != 0)
		return -1;
	fix->scratch = scratch;
	fix->files = (struct files){ .directory_fd = -1, .lock_fd = -1 };
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;
	void *scratch = fix->scratch;

	files_close(&fix->files);
	free(fix);
	return scratch_teardown(&scratch);
}

static const char *path(struct fixture *fix, const char *name)
{
	return scratch_path(fix->scratch, name);
}

static void put(struct fixture *fix, const char *name, const char *text)
{
	(void)scratch_write(fix->scratch, name, text);
}

static enum err open_files(struct fixture *fix)
{
	files_close(&fix->files);
	return files_open(fix->scratch->folder, &fix->files);
}

static bool is_there(struct fixture *fix, const char *name)
{
	return access(path(fix, name), F_OK) == 0;
}

static void what_is_locked_is_locked_until_it_is_closed(void **state)
{
	struct fixture *fix = *state;
	struct files second;

	assert_int_equal(open_files(fix), ERR_OK);
	assert_int_equal(files_open(fix->scratch->folder, &second), ERR_EXISTS);
	files_close(&second);
	assert_int_equal(unlink(path(fix, "lock")), 0);
	assert_int_equal(files_open(fix->scratch->folder, &second), ERR_EXISTS);
	files_close(&second);

	files_close(&fix->files);
	assert_int_equal(open_files(fix), ERR_OK);
}

/* A version that knows nothing of the lock on the directory runs. */
static void a_lock_file_that_another_has_keeps_out_too(void **state)
{
	struct fixture *fix = *state;
	int fd;

	put(fix, "lock", "");
	fd = open(path(fix, "lock"), O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(open_files(fix), ERR_EXISTS);
	assert_int_equal(close(fd), 0);
	assert_int_equal(open_files(fix), ERR_OK);
}

static void a_lock_that_cannot_be_made_or_looked_at_is_an_error(void **state)
{
	struct fixture *fix = *state;

	fstat_fails = true;
	assert_int_equal(open_files(fix), ERR_STORE);
	fstat_fails = false;
	assert_int_equal(unlink(path(fix, "lock")), 0);
	assert_int_equal(symlink("elsewhere", path(fix, "lock")), 0);
	assert_int_equal(open_files(fix), ERR_STORE);
	assert_false(is_there(fix, "elsewhere"));
}

static void what_root_makes_belongs_to_the_owner_of_the_directory(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(open_files(fix), ERR_OK);
	assert_int_equal(given, 0);
	user = 0;
	assert_int_equal(open_files(fix), ERR_OK);
	assert_int_equal(given, 1);
	assert_int_equal(given_to, fix->files.directory.status.st_uid);
	fchown_fails = true;
	assert_int_equal(open_files(fix), ERR_STORE);
}

static void a_stamp_is_read_by_the_next_start(void **state)
{
	static const char *const unreadable[] = { "", "generation", "generation x\n", "something else\n" };
	struct fixture *fix = *state;

	assert_int_equal(open_files(fix), ERR_OK);
	assert_int_equal(fix->files.stamped, -1);
	files_stamp(&fix->files, 1234567890123);
	assert_int_equal(open_files(fix), ERR_OK);
	assert_int_equal(fix->files.stamped, 1234567890123);
	files_stamp(&fix->files, 7);
	assert_int_equal(fix->files.stamped, 7);
	assert_int_equal(open_files(fix), ERR_OK);
	assert_int_equal(fix->files.stamped, 7);
	for (size_t i = 0; i < sizeof(unreadable) / sizeof(*unreadable); i++) {
		put(fix, "lock", unreadable[i]);
		assert_int_equal(open_files(fix), ERR_OK);
		assert_int_equal(fix->files.stamped, -1);
	}
}

static void assert_may_make(struct fixture *fix, enum err wanted)
{
	bool make = false;

	assert_int_equal(open_files(fix), ERR_OK);
	assert_int_equal(files_check_traces(&fix->files, &make), wanted);
	assert_true(make);
}

static void a_database_is_made_only_where_there_was_none(void **state)
{
	struct fixture *fix = *state;
	bool make = true;

	assert_may_make(fix, ERR_OK);
	put(fix, "reserve", "");
	assert_may_make(fix, ERR_REFUSED);
	put(fix, "mta-stsd.db", "");
	assert_may_make(fix, ERR_REFUSED);
	assert_int_equal(unlink(path(fix, "reserve")), 0);
	assert_may_make(fix, ERR_OK);
	put(fix, "mta-stsd.db-wal", "");
	assert_may_make(fix, ERR_OK);
	put(fix, "mta-stsd.db-wal", "something");
	assert_may_make(fix, ERR_REFUSED);
	assert_int_equal(unlink(path(fix, "mta-stsd.db-wal")), 0);
	put(fix, "lock", "generation 0\n");
	assert_may_make(fix, ERR_REFUSED);

	put(fix, "mta-stsd.db", "a database");
	assert_int_equal(files_check_traces(&fix->files, &make), ERR_OK);
	assert_false(make);
}

/* Database, log and index are there and adopted. */
static void adopt_all(struct fixture *fix)
{
	put(fix, "mta-stsd.db", "database");
	put(fix, "mta-stsd.db-wal", "log");
	put(fix, "mta-stsd.db-shm", "index");
	assert_int_equal(open_files(fix), ERR_OK);
	files_adopt(&fix->files);
}

static void assert_fault(struct files_fault fault, struct fixture *fix, const char *name, const char *what)
{
	if (what == NULL) {
		assert_null(fault.what);
		return;
	}
	assert_non_null(fault.what);
	assert_string_equal(fault.what, what);
	assert_string_equal(fault.path, path(fix, name));
}

/* The same size and another time, as far as the clock of the file system goes. */
static void touch(struct fixture *fix, const char *name)
{
	const struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	assert_int_equal(utimensat(AT_FDCWD, path(fix, name), times, 0), 0);
}

static void what_another_has_written_is_seen_and_what_was_noted_is_not(void **state)
{
	static const char *const names[] = { "mta-stsd.db", "mta-stsd.db-wal" };
	struct fixture *fix = *state;

	adopt_all(fix);
	assert_fault(files_changed(&fix->files), fix, NULL, NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		touch(fix, names[i]);
		assert_fault(files_changed(&fix->files), fix, names[i], "was written to by another program");
		assert_fault(files_misplaced(&fix->files), fix, NULL, NULL);
		files_note(&fix->files);
		assert_fault(files_changed(&fix->files), fix, NULL, NULL);
		assert_int_equal(chmod(path(fix, names[i]), 0640), 0);
		assert_fault(files_changed(&fix->files), fix, NULL, NULL);
	}
}

static void a_file_in_the_place_of_another_is_not_noted_as_ours(void **state)
{
	static const char *const names[] = { "mta-stsd.db", "mta-stsd.db-wal", "mta-stsd.db-shm" };
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		adopt_all(fix);
		put(fix, "other", "database");
		assert_int_equal(rename(path(fix, "other"), path(fix, names[i])), 0);
		files_note(&fix->files);
		assert_fault(files_misplaced(&fix->files), fix, names[i], "was replaced by another file");
		assert_int_equal(files_is_of_index(&fix->files, files_misplaced(&fix->files)), i == 2);
		files_adopt(&fix->files);
		assert_fault(files_misplaced(&fix->files), fix, NULL, NULL);
	}
}

static void what_is_gone_is_told_from_what_cannot_be_looked_at(void **state)
{
	struct fixture *fix = *state;

	adopt_all(fix);
	assert_int_equal(unlink(path(fix, "mta-stsd.db")), 0);
	assert_fault(files_misplaced(&fix->files), fix, "mta-stsd.db", "is gone");
	assert_int_equal(symlink("mta-stsd.db", path(fix, "mta-stsd.db")), 0);
	assert_fault(files_misplaced(&fix->files), fix, "mta-stsd.db", "cannot be looked at");
}

static void an_index_may_change_and_grow_but_not_shrink(void **state)
{
	struct fixture *fix = *state;

	adopt_all(fix);
	touch(fix, "mta-stsd.db-shm");
	assert_fault(files_changed(&fix->files), fix, NULL, NULL);
	assert_int_equal(truncate(path(fix, "mta-stsd.db-shm"), 100), 0);
	assert_fault(files_changed(&fix->files), fix, NULL, NULL);
	files_note(&fix->files);
	assert_int_equal(truncate(path(fix, "mta-stsd.db-shm"), 99), 0);
	assert_fault(files_misplaced(&fix->files), fix, "mta-stsd.db-shm", "was cut short");
	assert_true(files_is_of_index(&fix->files, files_misplaced(&fix->files)));
}

static void where_nothing_is_written_no_index_is_missed(void **state)
{
	struct fixture *fix = *state;

	put(fix, "mta-stsd.db", "database");
	assert_int_equal(open_files(fix), ERR_OK);
	files_adopt(&fix->files);
	assert_fault(files_changed(&fix->files), fix, NULL, NULL);
	assert_false(files_is_of_index(&fix->files, files_changed(&fix->files)));
}

static void files_are_tried_once_as_long_as_they_stay_as_they_are(void **state)
{
	struct fixture *fix = *state;

	adopt_all(fix);
	assert_true(files_are_new(&fix->files));
	assert_false(files_are_new(&fix->files));
	touch(fix, "mta-stsd.db-wal");
	assert_true(files_are_new(&fix->files));
	assert_false(files_are_new(&fix->files));
	put(fix, "other", "database");
	assert_int_equal(rename(path(fix, "other"), path(fix, "mta-stsd.db")), 0);
	assert_true(files_are_new(&fix->files));
}

static void a_lock_made_anew_is_held_and_has_the_stamp(void **state)
{
	struct fixture *fix = *state;
	int fd;

	assert_int_equal(open_files(fix), ERR_OK);
	assert_int_equal(unlink(path(fix, "lock")), 0);
	files_stamp(&fix->files, 5);
	fd = open(path(fix, "lock"), O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(close(fd), 0);
	assert_int_equal(open_files(fix), ERR_OK);
	assert_int_equal(fix->files.stamped, 5);
}

/* The lock on the directory keeps others out all the same. */
static void a_lock_that_is_anothers_or_cannot_be_made_is_left_alone(void **state)
{
	struct fixture *fix = *state;
	char found[8] = "";
	int fd;

	assert_int_equal(open_files(fix), ERR_OK);
	assert_int_equal(unlink(path(fix, "lock")), 0);
	assert_int_equal(symlink("elsewhere", path(fix, "lock")), 0);
	files_stamp(&fix->files, 5);
	assert_false(is_there(fix, "elsewhere"));

	assert_int_equal(unlink(path(fix, "lock")), 0);
	put(fix, "lock", "theirs");
	fd = open(path(fix, "lock"), O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	files_stamp(&fix->files, 6);
	assert_int_equal(pread(fd, found, sizeof(found), 0), strlen("theirs"));
	assert_string_equal(found, "theirs");
	assert_int_equal(close(fd), 0);
}

static void nothing_is_stamped_into_another_directory(void **state)
{
	struct fixture *fix = *state;
	char *folder = fix->scratch->folder;
	char aside[512];

	assert_int_equal(open_files(fix), ERR_OK);
	assert_true(files_has_directory(&fix->files));
	(void)snprintf(aside, sizeof(aside), "%s.aside", folder);
	assert_int_equal(rename(folder, aside), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_false(files_has_directory(&fix->files));
	assert_string_equal(files_misplaced(&fix->files).what, "was replaced by another file");
	files_stamp(&fix->files, 5);
	assert_false(is_there(fix, "lock"));
	assert_int_equal(fix->files.stamped, -1);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(rename(aside, folder), 0);
}

static void a_reserve_is_whole_or_not_there(void **state)
{
	const struct rlimit none = { 4096, RLIM_INFINITY };
	struct fixture *fix = *state;
	struct rlimit before;
	struct stat status;

	assert_int_equal(open_files(fix), ERR_OK);
	assert_false(files_give_up_reserve(&fix->files));
	assert_true(files_keep_reserve(&fix->files));
	assert_int_equal(stat(path(fix, "reserve"), &status), 0);
	assert_int_equal(status.st_size, RESERVE);
	assert_true(status.st_blocks * 512 >= RESERVE);
	assert_true(files_give_up_reserve(&fix->files));
	assert_false(is_there(fix, "reserve"));

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_false(files_keep_reserve(&fix->files));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_false(is_there(fix, "reserve"));
	assert_int_equal(symlink("elsewhere", path(fix, "reserve")), 0);
	assert_false(files_keep_reserve(&fix->files));
	assert_false(is_there(fix, "elsewhere"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_locked_is_locked_until_it_is_closed),
		TEST(a_lock_file_that_another_has_keeps_out_too),
		TEST(a_lock_that_cannot_be_made_or_looked_at_is_an_error),
		TEST(what_root_makes_belongs_to_the_owner_of_the_directory),
		TEST(a_stamp_is_read_by_the_next_start),
		TEST(a_database_is_made_only_where_there_was_none),
		TEST(what_another_has_written_is_seen_and_what_was_noted_is_not),
		TEST(a_file_in_the_place_of_another_is_not_noted_as_ours),
		TEST(what_is_gone_is_told_from_what_cannot_be_looked_at),
		TEST(an_index_may_change_and_grow_but_not_shrink),
		TEST(where_nothing_is_written_no_index_is_missed),
		TEST(files_are_tried_once_as_long_as_they_stay_as_they_are),
		TEST(a_lock_made_anew_is_held_and_has_the_stamp),
		TEST(a_lock_that_is_anothers_or_cannot_be_made_is_left_alone),
		TEST(nothing_is_stamped_into_another_directory),
		TEST(a_reserve_is_whole_or_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
