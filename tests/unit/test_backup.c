/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; faults memory */
#include "core/backup.h"
#include "faults.h"
#include "memory.h"
#include "storing.h"

#include "base/clock.h"
#include "base/folder.h"

#include <fcntl.h>
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

static int setup(void **state)
{
	struct storing *storing;

	now = 1795449600; /* 2026-11-23 16:00:00 */
	if (storing_setup(state) != 0)
		return -1;
	storing = *state;
	(void)storing_publish(storing, "a.example", "1", 1000);
	(void)storing_publish(storing, "a.example", "2", 2000);
	(void)storing_publish(storing, "b.example", "1", 1000);
	assert_int_equal(mkdir(scratch_path(storing->scratch, "certificates"), 0700), 0);
	(void)scratch_write(storing->scratch, "certificates/a.pem", "a pair");
	return 0;
}

static const char *place(struct storing *storing)
{
	return scratch_path(storing->scratch, "backups");
}

static enum err make(struct storing *storing, unsigned keep, struct backup_done *done)
{
	const struct backup_order order = { .state = storing->scratch->folder,
					    .directory = place(storing),
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
static size_t count(struct storing *storing)
{
	struct names names = { 0 };
	size_t found;

	assert_int_equal(folder_list(place(storing), &names), ERR_OK);
	found = names.count;
	names_free(&names);
	return found;
}

static void assert_no_leftover(struct storing *storing)
{
	assert_int_not_equal(access(scratch_path(storing->scratch, "backups/.mta-stsd-backup.part"), F_OK),
			     0);
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
	assert_int_equal(count(*state), 1);
	assert_no_leftover(*state);
}

static void two_at_once_are_refused(void **state)
{
	int fd;

	assert_int_equal(run(*state, 0), ERR_OK);
	fd = open(place(*state), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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
	assert_int_equal(count(storing), 3);
	assert_int_equal(access(scratch_path(storing->scratch, "backups/mta-stsd-20261123T160002Z"), F_OK),
			 0);
	storing_sql(storing->scratch, "PRAGMA user_version = 99");
	assert_int_equal(run(storing, 1), ERR_REFUSED);
	assert_int_equal(count(storing), 3);
	assert_no_leftover(storing);
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
		assert_int_equal(mkdir(scratch_path(storing->scratch, name), 0700), 0);
	}
	now++;
	assert_int_equal(run(storing, 1), ERR_OK);
	assert_int_equal(count(storing), 4);
}

static void a_file_that_is_no_certificate_is_named_and_nothing_is_made(void **state)
{
	struct storing *storing = *state;

	assert_int_equal(mkdir(scratch_path(storing->scratch, "certificates/in"), 0700), 0);
	assert_int_equal(run(storing, 0), ERR_REFUSED);
	assert_int_equal(count(storing), 0);
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
		assert_int_equal(count(storing), err == ERR_UNKNOWN ? 2 : 1);
		assert_no_leftover(storing);
		now++;
		if (err == ERR_UNKNOWN)
			assert_int_equal(run(storing, 1), ERR_OK);
	}
	assert_int_equal(count(storing), 1);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, storing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_backup_is_named_after_its_time_and_says_what_it_holds),
		TEST(a_second_one_of_the_same_second_is_refused),
		TEST(two_at_once_are_refused),
		TEST(the_oldest_go_when_the_new_one_is_there),
		TEST(what_is_not_a_backup_of_ours_stays),
		TEST(a_file_that_is_no_certificate_is_named_and_nothing_is_made),
		TEST(nothing_is_written_elsewhere_whoever_owns_the_directory),
		TEST(without_memory_the_former_one_stays),
		TEST(when_the_database_cannot_be_read_the_former_one_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
