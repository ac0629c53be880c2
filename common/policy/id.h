/* SPDX-License-Identifier: ISC */
#ifndef POLICY_ID_H
#define POLICY_ID_H

/**
 * The id in a TXT record (RFC 8461, section 3.1).
 *
 * It belongs to one revision for ever: a sender that holds "none" under an id would not see that the old
 * policy came back under the same id.
 *
 * Threads: any.
 */

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/** Longest id, and the room for it and its end. */
#define ID_MAX  32
#define ID_SIZE (ID_MAX + 1)

/** Tell whether a string can be an id: 1 .. 32 letters and digits. */
bool id_is_valid(const char *id);

/**
 * The id to try for a new revision: the time as YYYYMMDDhhmmss in UTC, or the last id plus one when the time
 * is not greater (same second, clock set back, restored backup).
 *
 * The caller makes sure that the domain never used it, and asks again with it as the last one otherwise.  A
 * last id that is not a number, or is too long to be counted up, does not count.
 *
 * @param now  clock_now()
 * @param last  the domain's last id, "" when it has none
 * @param[out] id  the next one; may be the same memory as last
 */
void id_next(time_t now, const char *last, char id[ID_SIZE]);

/**
 * When an id was given out.  Numbers are those of revisions, one order over all domains: the revision that it
 * was given out with, or the newest that there was.
 */
struct id_given {
	/** 0: this host never gave it out; negative: with a revision that was adopted from another host */
	int64_t number;
	time_t at;
};

#endif
