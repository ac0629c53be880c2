/* SPDX-License-Identifier: ISC */
#ifndef APP_LOOKOUT_H
#define APP_LOOKOUT_H

/**
 * A set of directories of whose changes the kernel tells, by inotify(7).
 *
 * One is made after another, with the same descriptor: what both have is watched all the time, and a
 * directory that is another one by now under the same path is found.
 *
 * Threads: any; made by one, then read-only.
 */

#include "base/names.h"

#include <stdint.h>
#include <sys/inotify.h>

/** So many directories are watched: the kernel keeps about a KiB for each. */
#define LOOKOUT_MOST 8192

/** So many paths are followed. */
#define LOOKOUT_PATHS_MOST 65536

/** A directory. */
struct lookout_place {
	int number; /**< by which events name it; none ever has that of another */
	char *path;
	bool all;           /**< everything in it counts, not only these: */
	struct names names; /**< sorted */
};

struct lookout;

/** Why not every change is heard of, and what the operator may do. */
struct lookout_gap {
	const char *why; /**< NULL: there is none */
	const char *instead;
	char *where; /**< the first directory that it is so with */
};

/**
 * Begin a set.
 *
 * @param fd  of inotify_init1(), lent; -1: there was none to be had, and errno tells why
 * @param before  the set before, lent until lookout_finish(), or NULL
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err lookout_new(int fd, const struct lookout *before, const char *where, struct lookout **lookout);

/**
 * Watch for whatever makes a path lead elsewhere, or changes the file there, or anything in the directory.
 *
 * @return ERR_OK, also where it cannot be watched (lookout_gap()), ERR_NO_MEMORY
 */
enum err lookout_put(struct lookout *lookout, const char *path);

/** Note that there are more paths than could be put. */
void lookout_note_more(struct lookout *lookout, const char *where);

/**
 * Give up what only the set before has.
 *
 * @return whether there is anything that the set before did not watch: it may have changed since somebody
 *         looked at it last
 */
bool lookout_finish(struct lookout *lookout);

/** The place that an event is about, or NULL when it is none of this set. */
const struct lookout_place *lookout_find(const struct lookout *lookout, int number);

/** Tell whether what happens to a name matters. */
bool lookout_minds(const struct lookout_place *place, const char *name);

/** How many directories are watched. */
size_t lookout_count(const struct lookout *lookout);

/** Why not every change is heard of; lent. */
const struct lookout_gap *lookout_gap(const struct lookout *lookout);

/** Free it, while the kernel goes on telling; NULL inside is fine. */
void lookout_free(struct lookout **lookout);

#endif
