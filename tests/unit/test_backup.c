/* SPDX-License-Identifier: ISC */
/* wrap: clock_now renameat2; faults memory */
#include "core/backup.h"
#include "faults.h"
#include "memory.h"
#include "storing.h"

#include "base/clock.h"
#include "base/folder.h"
#include "store/sql_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static time_t now;

__typeof__(clock_now) __wrap_clock_now;

time_t __wrap_clock_now(void)
{
	return now;
}

/* A file system without RENAME_NOREPLACE. */
static bool plain;

__typeof__(renameat2) __real_renameat2;
__typeof__(renameat2) __wrap_renameat2;

int __wrap_renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
	errno = EINVAL;
	return plain ? -1 : __real_renameat2(from, old, to, new, flags);
}

static struct scratch *beside;

static int setup(void **state)
{
	struct storing *storing;

	now = 1795449600; /* 2026-11-23 16:00:00 */
	if (scratch_setup((void **)&beside) != 0 || storing_setup(state) != 0)
		return -1;
	storing = *state;
	(void)storing_publish(storing, "a.example", "1", 1000);
	(void)storing_publish(storing, "a.example", "2", 2000);
	(void)storing_publish(storing, "b.example", "1", 1000);
	assert_int_equal(mkdir(scratch_path(storing->scratch, "certificates"), 0700), 0);
	(void)scratch_write(storing->scratch, "certificates/a.pem", "a pair");
	return 0;
}

static int teardown(void **state)
{
	(void)scratch_teardown((void **)&beside);
	return storing_teardown(state);
}

static const char *place(void)
{
	return scratch_path(beside, "backups");
}

static enum err make(struct storing *storing, unsigned keep, struct backup_done *done)
{
	const struct backup_order order = { .state = storing->scratch->folder,
					    .directory = place(),
					    .keep = keep };

	return backup_run(&order, done);
}

static enum err run(struct storing *storing, unsigned keep)
{
	struct backup_done done;
	enum err err = make(storing, keep, &done);

	manifest_free(&done.manifest);
	return err;
}

/* Names in the directory, hidden ones too. */
static size_t count(void)
{
	struct names names = { 0 };
	size_t found;

	assert_int_equal(folder_list(place(), &names), ERR_OK);
	found = names.count;
	names_free(&names);
	return found;
}

static void assert_no_leftover(void)
{
	assert_int_not_equal(access(scratch_path(beside, "backups/.mta-stsd-backup.part"), F_OK), 0);
}

static void a_backup_is_named_after_its_time_and_says_what_it_holds(void **state)
{
	struct backup_done done;

	assert_int_equal(make(*state, 0, &done), ERR_OK);
	assert_string_equal(done.name, "mta-stsd-20261123T160000Z");
	assert_int_equal(done.manifest.facts.domains, 2);
	assert_int_equal(done.manifest.facts.revisions, 3);
	assert_int_equal(done.manifest.certificates.count, 1);
	assert_int_equal(done.removed, 0);
	manifest_free(&done.manifest);
}

static void a_second_one_of_the_same_second_is_refused(void **state)
{
	assert_int_equal(run(*state, 1), ERR_OK);
	assert_int_equal(run(*state, 1), ERR_EXISTS);
	assert_int_equal(count(), 1);
	assert_no_leftover();
}

static void two_at_once_are_refused(void **state)
{
	int fd;

	assert_int_equal(run(*state, 0), ERR_OK);
	fd = open(place(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	now++;
	assert_int_equal(run(*state, 0), ERR_EXISTS);
	(void)close(fd);
	assert_int_equal(run(*state, 0), ERR_OK);
}

static void the_oldest_go_when_the_new_one_is_there(void **state)
{
	struct storing *storing = *state;

	for (int i = 0; i < 5; i++, now++)
		assert_int_equal(run(storing, 3), ERR_OK);
	assert_int_equal(count(), 3);
	assert_int_equal(access(scratch_path(beside, "backups/mta-stsd-20261123T160002Z"), F_OK), 0);
	storing_sql(storing->scratch, "PRAGMA user_version = 99");
	assert_int_equal(run(storing, 1), ERR_REFUSED);
	assert_int_equal(count(), 3);
	assert_no_leftover();
	storing_sql(storing->scratch, "PRAGMA user_version = 7");
}

static void what_is_not_a_backup_of_ours_stays(void **state)
{
	static const char *const names[] = { "mta-stsd-20260101T000000", "mta-stsd-2026010-T000000Z",
					     "mta-stsd-20260101T000000Z.old" };
	struct storing *storing = *state;
	char name[64];

	assert_int_equal(run(storing, 1), ERR_OK);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "backups/%s", names[i]);
		assert_int_equal(mkdir(scratch_path(beside, name), 0700), 0);
	}
	now++;
	assert_int_equal(run(storing, 1), ERR_OK);
	assert_int_equal(count(), 4);
}

static void what_is_no_file_among_the_certificates_is_left_out(void **state)
{
	struct storing *storing = *state;
	struct backup_done done;

	assert_int_equal(mkdir(scratch_path(storing->scratch, "certificates/in"), 0700), 0);
	assert_int_equal(mkfifo(scratch_path(storing->scratch, "certificates/pipe"), 0600), 0);
	/* What the service's user leads to must not be read with the rights of who makes the backup. */
	assert_int_equal(symlink("/etc/passwd", scratch_path(storing->scratch, "certificates/link.pem")), 0);
	assert_int_equal(make(storing, 0, &done), ERR_OK);
	assert_int_equal(done.manifest.certificates.count, 1);
	manifest_free(&done.manifest);
}

/* A link in the place of what belongs to the database would lead root elsewhere, and so would the whole
 * directory of certificates. */
static void no_link_of_the_services_user_is_followed(void **state)
{
	static const char *const names[] = {
		"mta-stsd.db", "mta-stsd.db-wal", "mta-stsd.db-shm", "mta-stsd.db-journal",
		"lock",        "certificates"
	};
	struct storing *storing = *state;
	const struct scratch *scratch = storing->scratch;
	struct backup_done done;

	store_close(&storing->store);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)rename(scratch_path(scratch, names[i]), scratch_path(beside, "target"));
		assert_int_equal(symlink(scratch_path(beside, "target"), scratch_path(scratch, names[i])), 0);
		assert_int_equal(make(storing, 0, &done), ERR_REFUSED);
		assert_no_leftover();
		assert_int_equal(unlink(scratch_path(scratch, names[i])), 0);
		(void)rename(scratch_path(beside, "target"), scratch_path(scratch, names[i]));
	}
	assert_int_equal(run(storing, 0), ERR_OK);
}

/* Who looks first and opens then may be led elsewhere in between. */
static void sqlite_follows_no_link_either(void **state)
{
	struct storing *storing = *state;
	const struct scratch *scratch = storing->scratch;
	struct sql_connection sql = { 0 };
	int fd = open(scratch->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	store_close(&storing->store);
	assert_int_equal(rename(scratch_path(scratch, "mta-stsd.db"), scratch_path(beside, "target")), 0);
	assert_int_equal(symlink(scratch_path(beside, "target"), scratch_path(scratch, "mta-stsd.db")), 0);
	assert_int_equal(sql_open_in(&sql, fd, "mta-stsd.db"), ERR_STORE);
	assert_int_equal(unlink(scratch_path(scratch, "mta-stsd.db")), 0);
	assert_int_equal(rename(scratch_path(beside, "target"), scratch_path(scratch, "mta-stsd.db")), 0);
	assert_int_equal(symlink(scratch_path(beside, "made"), scratch_path(scratch, "mta-stsd.db-wal")), 0);
	assert_int_equal(sql_open_in(&sql, fd, "mta-stsd.db"), ERR_STORE);
	assert_int_not_equal(access(scratch_path(beside, "made"), F_OK), 0);
	(void)close(fd);
}

static void in_the_state_directory_is_no_place_for_it(void **state)
{
	static const char *const names[] = { "", "/", "/sub", "/certificates", "/certificates/deep" };
	struct storing *storing = *state;
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct backup_done done;
		const struct backup_order order = { .state = storing->scratch->folder, .directory = path };

		(void)snprintf(path, sizeof(path), "%s%s", storing->scratch->folder, names[i]);
		assert_int_equal(backup_run(&order, &done), ERR_REFUSED);
	}
	assert_int_not_equal(access(scratch_path(storing->scratch, "sub"), F_OK), 0);
	assert_int_not_equal(access(scratch_path(storing->scratch, "certificates/deep"), F_OK), 0);
}

static void where_no_rename_spares_what_is_there_it_is_made_all_the_same(void **state)
{
	plain = true;
	assert_int_equal(run(*state, 0), ERR_OK);
	assert_int_equal(run(*state, 0), ERR_EXISTS);
	assert_int_equal(count(), 1);
	assert_no_leftover();
	plain = false;
}

/* Whoever owns the directory may put links into it, and rename what is being written to. */
static void nothing_is_written_elsewhere_whoever_owns_the_directory(void **state)
{
	struct storing *storing = *state;
	const struct scratch *scratch = storing->scratch;
	struct backup_facts facts;
	int fd;

	assert_int_equal(mkdir(scratch_path(scratch, "part"), 0700), 0);
	fd = open(scratch_path(scratch, "part"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(rename(scratch_path(scratch, "part"), scratch_path(scratch, "moved")), 0);
	assert_int_equal(mkdir(scratch_path(scratch, "elsewhere"), 0700), 0);
	assert_int_equal(symlink("elsewhere", scratch_path(scratch, "part")), 0);
	assert_int_equal(backup_database(scratch->folder, fd, &facts), ERR_OK);
	assert_int_not_equal(access(scratch_path(scratch, "elsewhere/mta-stsd.db"), F_OK), 0);
	assert_int_equal(unlink(scratch_path(scratch, "moved/mta-stsd.db")), 0);
	assert_int_equal(symlink("../elsewhere/target", scratch_path(scratch, "moved/mta-stsd.db")), 0);
	assert_int_equal(backup_database(scratch->folder, fd, &facts), ERR_STORE);
	assert_int_not_equal(access(scratch_path(scratch, "elsewhere/target"), F_OK), 0);
	(void)close(fd);
}

static void assert_whole_or_not_there(struct storing *storing, void (*fail_after)(size_t), bool (*mend)(void))
{
	bool failed = true;

	for (size_t i = 0; failed; i++, now++) {
		struct backup_done done;
		enum err err;

		fail_after(i);
		err = make(storing, 1, &done);
		failed = mend();
		manifest_free(&done.manifest);
		if (!failed)
			assert_int_equal(err, ERR_OK);
		assert_int_equal(count(), err == ERR_UNKNOWN ? 2 : 1);
		assert_no_leftover();
		now++;
		if (err == ERR_UNKNOWN)
			assert_int_equal(run(storing, 1), ERR_OK);
	}
	assert_int_equal(count(), 1);
}

static void without_memory_the_former_one_stays(void **state)
{
	assert_int_equal(run(*state, 1), ERR_OK);
	now++;
	assert_whole_or_not_there(*state, memory_fail_after, memory_restore);
}

static void when_the_database_cannot_be_read_the_former_one_stays(void **state)
{
	assert_int_equal(run(*state, 1), ERR_OK);
	now++;
	assert_whole_or_not_there(*state, faults_fail_after, faults_restore);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_backup_is_named_after_its_time_and_says_what_it_holds),
		TEST(a_second_one_of_the_same_second_is_refused),
		TEST(two_at_once_are_refused),
		TEST(the_oldest_go_when_the_new_one_is_there),
		TEST(what_is_not_a_backup_of_ours_stays),
		TEST(what_is_no_file_among_the_certificates_is_left_out),
		TEST(no_link_of_the_services_user_is_followed),
		TEST(sqlite_follows_no_link_either),
		TEST(in_the_state_directory_is_no_place_for_it),
		TEST(where_no_rename_spares_what_is_there_it_is_made_all_the_same),
		TEST(nothing_is_written_elsewhere_whoever_owns_the_directory),
		TEST(without_memory_the_former_one_stays),
		TEST(when_the_database_cannot_be_read_the_former_one_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
