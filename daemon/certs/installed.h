/* SPDX-License-Identifier: ISC */
#ifndef CERTS_INSTALLED_H
#define CERTS_INSTALLED_H

/**
 * The directory of the pairs that were given to us over the control socket: one combined PEM file each.
 *
 * A pair is there wholly or not at all: it is written aside, under a name that no walk looks at, synced, and
 * renamed.  What fails is logged with its cause.
 *
 * Threads: one.
 */

#include "certs/pair.h"

/** How many pairs may have the same first name and kind of key. */
#define INSTALLED_ALIKE_LIMIT 99

/**
 * Remove what installed_write() wrote and nobody put into its place, because of a crash or an error; there
 * may be nothing, and no directory.
 */
void installed_clean(const char *directory);

/** Tell whether a file is one of the directory. */
bool installed_has(const char *directory, const char *path);

/**
 * Make up the path of a pair's file: its first name, with "_" for "*", the kind of its key, and from 2 on the
 * number.
 *
 * @param number  1 .. INSTALLED_ALIKE_LIMIT
 * @return a path to free(), or NULL without memory
 */
char *installed_path(const char *directory, const struct facts *info, unsigned number);

/** Tell whether a file holds exactly these bytes. */
bool installed_holds(const char *path, const struct text *pem);

/**
 * Write a pair aside and sync it, making the directory (mode 0700) when there is none.
 *
 * @return ERR_OK, ERR_STORE (nothing has changed), ERR_NO_MEMORY
 */
enum err installed_write(const char *directory, const struct text *pem);

/**
 * The sum of what installed_write() wrote and nobody put into its place.
 *
 * @return ERR_OK, ERR_NOT_FOUND (there is nothing, or it cannot be read), ERR_NO_MEMORY
 */
enum err installed_left(const char *directory, uint64_t *sum);

/**
 * Put what installed_write() wrote into its place, durably.  Takes no memory.
 *
 * @return ERR_OK, ERR_STORE (it stays aside, for the next start), ERR_UNKNOWN (it is there, but may not
 * outlive a power cut)
 */
enum err installed_put(const char *directory, const char *path);

/** Remove files that others stand in for by now; one that stays does no harm. */
void installed_remove(const char *directory, const struct names *paths);

#endif
