/* SPDX-License-Identifier: ISC */
#ifndef STORE_ROOM_H
#define STORE_ROOM_H

/**
 * Whether the disk of the state directory has room for the next order, told before one needs it.
 *
 * Threads: the clerk's.
 */

#include "base/complaints.h"

#include <stdint.h>

struct store;

/** How much room there is: nearly full is what stands below either of these. */
#define ROOM_BYTES  (INT64_C(64) << 20)
#define ROOM_INODES 64

enum room_state {
	ROOM_UNKNOWN, /**< the state may not be written, or the files are not those of the daemon */
	ROOM_ENOUGH,
	ROOM_SCARCE, /**< nearly full */
	ROOM_NONE,   /**< full, or the space that is set aside for this day is gone */
};

/** One look at the disk. */
struct room {
	enum room_state state;
	int64_t free_bytes;  /**< that this user may take; -1: not known */
	int64_t free_inodes; /**< -1: not known, or the file system does not count them */
};

/** Look at the disk; log when its state is another one than at the last look. */
struct room room_look(struct store *store);

/** Complain about a disk that is full or nearly full. */
void room_complain(const struct store *store, const struct room *room, struct complaints *complaints);

#endif
