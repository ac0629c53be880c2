/* SPDX-License-Identifier: ISC */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

/**
 * A copy of the database as it was at one moment, whether a daemon uses it or not.
 *
 * SQLite makes the copy, so no order waits for it and nothing in the state directory changes.
 *
 * Threads: the clerk's.
 */

#include "base/err.h"

#include <stdint.h>

/** The name of the database in a state directory, and in a backup. */
#define BACKUP_DATABASE "mta-stsd.db"

/** What a copy holds. */
struct backup_facts {
	int schema; /**< version of its tables */
	int64_t domains;
	int64_t revisions;
};

/**
 * Copy the database of a state directory, check the copy as a restore does, and sync it.
 *
 * Refused: a database that is damaged, and one that has seen less than the daemon noted last: what would be
 * copied then is not the state.
 *
 * @param state  the state directory
 * @param to  descriptor of the directory in which the copy gets its name; there must be none.  Nothing is
 * written elsewhere, whoever may rename that directory meanwhile
 * @param[out] facts  what it holds
 * @return ERR_OK, ERR_NOT_FOUND (there is no database), ERR_REFUSED, ERR_STORE, ERR_NO_MEMORY; the cause is
 * logged, and what there is of the copy is for the caller to remove
 */
enum err backup_database(const char *state, int to, struct backup_facts *facts);

#endif
