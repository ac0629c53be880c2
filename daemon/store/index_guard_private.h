/* SPDX-License-Identifier: ISC */
#ifndef STORE_INDEX_GUARD_PRIVATE_H
#define STORE_INDEX_GUARD_PRIVATE_H

/**
 * What happens when the index of SQLite's log is taken away from under it.
 *
 * SQLite maps that index, mta-stsd.db-shm, into memory.  Once somebody has cut the file short, the next look
 * at it is a SIGBUS, and the end of the process.  Under this guard it is an error: the lost memory is
 * replaced by zeros, and whatever was read or is to be written with it must count for nothing, which sql.c
 * sees to.
 *
 * Threads: the clerk's, and that of a commit that it waits for.
 */

#include <stdbool.h>

/**
 * Guard what SQLite maps from now on.  Handles SIGBUS, which ends the process as before if it has another
 * cause.
 *
 * @return whether this SQLite can be guarded
 */
bool index_guard_begin(void);

/**
 * Say whether a loss can be lived with, on this thread.  At first it cannot: a commit may write the log back into the
 * database, and with half an index it would throw the other half away, while a process that ends loses
 * nothing.
 */
void index_guard_survive(bool survive);

/** Tell whether something was lost since index_guard_renew(). */
bool index_guard_has_lost(void);

/** All is mapped anew. */
void index_guard_renew(void);

#endif
