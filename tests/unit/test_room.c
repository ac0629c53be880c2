/* SPDX-License-Identifier: ISC */
/* wrap: fstatvfs log_event */
#include "storing.h"

#include "log/log_event.h"
#include "store/room.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB 1024

/* The disk, in blocks of 1 KiB; no files: they are not counted. */
static unsigned long blocks, free_blocks, files, free_files;
static bool unreadable;

/* How often each was logged. */
static unsigned low, fine;

int __wrap_fstatvfs(int fd, struct statvfs *disk);
__typeof__(log_event) __wrap_log_event;

int __wrap_fstatvfs(int fd, struct statvfs *disk)
{
	(void)fd;
	*disk = (struct statvfs){ .f_frsize = 1024,
				  .f_blocks = blocks,
				  .f_bavail = free_blocks,
				  .f_files = files,
				  .f_favail = free_files };
	errno = EIO;
	return unreadable ? -1 : 0;
}

void __wrap_log_event(enum log_event event, const struct log_fields *fields, const char *format, ...)
{
	(void)fields;
	(void)format;
	low += event == EVENT_DISK_NEARLY_FULL;
	fine += event == EVENT_DISK_HAS_ROOM;
}

static int setup(void **state)
{
	blocks = free_blocks = 1000 * MIB;
	files = free_files = 1000;
	unreadable = false;
	low = fine = 0;
	return storing_setup(state);
}

static enum room_state look(void **state)
{
	struct storing *storing = *state;

	return room_look(storing->store).state;
}

static const char *complaint(struct storing *storing, char line[256])
{
	struct complaints complaints = { 0 };
	const struct room room = room_look(storing->store);

	line[0] = '\0';
	room_complain(storing->store, &room, &complaints);
	if (complaints.count > 0)
		(void)snprintf(line, 256, "%s (%s)", complaints.item[0].what, complaints.item[0].value);
	complaints_free(&complaints);
	return line;
}

static void bytes_and_files_run_out_in_steps(void **state)
{
	assert_int_equal(look(state), ROOM_ENOUGH);
	free_blocks = 63 * MIB;
	assert_int_equal(look(state), ROOM_SCARCE);
	free_blocks = MIB - 1;
	assert_int_equal(look(state), ROOM_NONE);
	free_blocks = 64 * MIB;
	assert_int_equal(look(state), ROOM_ENOUGH);
	free_files = 63;
	assert_int_equal(look(state), ROOM_SCARCE);
	free_files = 3;
	assert_int_equal(look(state), ROOM_NONE);
	files = 0; /* not counted here */
	assert_int_equal(look(state), ROOM_ENOUGH);
	blocks = free_blocks = 0; /* nor these, as in a tmpfs without limit */
	assert_int_equal(look(state), ROOM_ENOUGH);
	assert_int_equal(unlink(scratch_path(((struct storing *)*state)->scratch, "reserve")), 0);
	assert_int_equal(look(state), ROOM_ENOUGH);
}

static void each_change_is_logged_once(void **state)
{
	assert_int_equal(look(state), ROOM_ENOUGH);
	assert_int_equal(low + fine, 0);
	free_blocks = 10 * MIB;
	for (int i = 0; i < 3; i++)
		assert_int_equal(look(state), ROOM_SCARCE);
	assert_int_equal(low, 1);
	free_blocks = 0;
	for (int i = 0; i < 3; i++)
		assert_int_equal(look(state), ROOM_NONE);
	assert_int_equal(low, 2);
	free_blocks = 1000 * MIB;
	for (int i = 0; i < 3; i++)
		assert_int_equal(look(state), ROOM_ENOUGH);
	assert_int_equal(low, 2);
	assert_int_equal(fine, 1);
}

static void a_reserve_that_is_gone_is_a_full_disk_until_there_is_plenty(void **state)
{
	struct storing *storing = *state;
	const char *reserve = scratch_path(storing->scratch, "reserve");

	free_blocks = 20 * MIB;
	assert_int_equal(unlink(reserve), 0);
	assert_int_equal(look(state), ROOM_NONE);
	assert_int_not_equal(access(reserve, F_OK), 0);
	free_blocks = 100 * MIB;
	assert_int_equal(look(state), ROOM_ENOUGH);
	assert_int_equal(access(reserve, F_OK), 0);
}

static void what_is_not_known_is_not_complained_about(void **state)
{
	struct storing *storing = *state;
	char line[256];

	unreadable = true;
	assert_string_equal(complaint(storing, line), "");
	assert_int_equal(room_look(storing->store).free_bytes, -1);
	unreadable = false;
	free_blocks = 0;
	assert_string_equal(complaint(storing, line),
			    "disk of the state directory is full (free: 0 MiB, files: 1000)");
	free_blocks = 2 * MIB;
	files = 0;
	assert_string_equal(complaint(storing, line),
			    "disk of the state directory is nearly full (free: 2 MiB)");
	assert_int_equal(unlink(scratch_path(storing->scratch, "mta-stsd.db")), 0);
	store_look(storing->store);
	assert_string_equal(complaint(storing, line), ""); /* another complaint is what matters then */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, storing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bytes_and_files_run_out_in_steps),
		TEST(each_change_is_logged_once),
		TEST(a_reserve_that_is_gone_is_a_full_disk_until_there_is_plenty),
		TEST(what_is_not_known_is_not_complained_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
