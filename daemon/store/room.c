/* SPDX-License-Identifier: ISC */
#include "store/room.h"

#include "log/log_event.h"
#include "store/condition.h"
#include "store/store.h"
#include "store/store_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What an order takes at least: pages of the log, and files that SQLite makes. */
#define ROOM_LEAST_BYTES  (INT64_C(1) << 20)
#define ROOM_LEAST_INODES 4

/* More is as good, and would not fit into every number of JSON. */
#define ROOM_MOST (INT64_C(1) << 53)

#define ROOM_TEXT_SIZE 96

static int64_t limit(uint64_t free)
{
	return free < ROOM_MOST ? (int64_t)free : ROOM_MOST;
}

static bool is_below(int64_t free, int64_t least)
{
	return free >= 0 && free < least;
}

/* Where there is plenty of room the space is set aside again, and not only when its time comes. */
static bool has_reserve(struct store *store, const struct room *room)
{
	return access(store->files.reserve, F_OK) == 0 ||
	       (!is_below(room->free_bytes, ROOM_BYTES) && store_keep_reserve(store));
}

static enum room_state judge(struct store *store, const struct room *room)
{
	if (condition_of(store) != CONDITION_OK)
		return ROOM_UNKNOWN;
	if (is_below(room->free_bytes, ROOM_LEAST_BYTES) || is_below(room->free_inodes, ROOM_LEAST_INODES) ||
	    !has_reserve(store, room))
		return ROOM_NONE;
	return is_below(room->free_bytes, ROOM_BYTES) || is_below(room->free_inodes, ROOM_INODES)
		       ? ROOM_SCARCE
		       : ROOM_ENOUGH;
}

static const char *describe(const struct room *room, char out[ROOM_TEXT_SIZE])
{
	int len = room->free_bytes >= 0
			  ? snprintf(out, ROOM_TEXT_SIZE, "free: %" PRId64 " MiB", room->free_bytes >> 20)
			  : snprintf(out, ROOM_TEXT_SIZE, "free: not known");

	if (room->free_inodes >= 0)
		(void)snprintf(out + len, ROOM_TEXT_SIZE - (size_t)len, ", files: %" PRId64,
			       room->free_inodes);
	return out;
}

static void tell(const struct store *store, const struct room *room)
{
	const char *path = store->files.directory.path;
	char text[ROOM_TEXT_SIZE];
	const struct log_fields fields = { .file = path, .reason = describe(room, text) };

	if (room->state == ROOM_ENOUGH)
		log_event(EVENT_DISK_HAS_ROOM, &fields, "store, the disk of %s has room again (%s)", path,
			  text);
	else
		log_event(EVENT_DISK_NEARLY_FULL, &fields,
			  "store, the disk of %s is %s (%s): make room there", path,
			  room->state == ROOM_NONE ? "full" : "nearly full", text);
}

struct room room_look(struct store *store)
{
	struct room room = { .free_bytes = -1, .free_inodes = -1 };
	struct statvfs disk;

	if (fstatvfs(store->files.directory_fd, &disk) == 0) {
		room.free_bytes = disk.f_blocks > 0 ? limit((uint64_t)disk.f_bavail * disk.f_frsize) : -1;
		room.free_inodes = disk.f_files > 0 ? limit(disk.f_favail) : -1;
	}
	room.state = judge(store, &room);
	if (room.state == ROOM_UNKNOWN || (int)room.state == store->room_told)
		return room;
	if (store->room_told != ROOM_UNKNOWN || room.state != ROOM_ENOUGH)
		tell(store, &room);
	store->room_told = (int)room.state;
	return room;
}

void room_complain(const struct store *store, const struct room *room, struct complaints *complaints)
{
	const char *path = store->files.directory.path;
	char text[ROOM_TEXT_SIZE];

	if (room->state == ROOM_NONE)
		complain(complaints, SEVERITY_ERROR, path, 0, "disk of the state directory is full",
			 describe(room, text),
			 "make room there: the next order may be refused as not written");
	else if (room->state == ROOM_SCARCE)
		complain(complaints, SEVERITY_WARNING, path, 0, "disk of the state directory is nearly full",
			 describe(room, text), "make room there before an order needs it");
}
