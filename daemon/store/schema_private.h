/* SPDX-License-Identifier: ISC */
#ifndef STORE_SCHEMA_PRIVATE_H
#define STORE_SCHEMA_PRIVATE_H

/**
 * The tables, as a list of steps from an empty database to today's, and whether a database is whole, as far
 * as that can be told from itself.
 *
 * Pages, indexes and counts are checked as one; each row that decides what is published has a sum of its own,
 * by which it is told when it is read (row_sum() in the statements of sql.c).
 *
 * Threads: the clerk's.
 */

#include "base/text.h"
#include "store/sql_private.h"

/**
 * Read which step a database has come to.
 *
 * @param[out] version  0: it is empty
 * @return ERR_OK, ERR_REFUSED (somebody else's database, or made by a newer mta-stsd; logged), ERR_STORE
 */
enum err schema_check(struct sql_connection *connection, int *version);

/** Today's version. */
int schema_current(void);

/**
 * Bring a database from its version to today's schema: each missing step in a transaction of its own, that is
 * done or not at all.
 *
 * @return ERR_OK, ERR_STORE
 */
enum err schema_migrate(struct sql_connection *connection, int version);

/**
 * Check a database as a whole.  Nothing is written.
 *
 * @param version  of its schema, 1 ...
 * @param[out] why  what is damaged, a few words; empty when it is sound
 * @return ERR_OK (see why), ERR_NO_MEMORY
 */
enum err schema_find_damage(struct sql_connection *connection, int version, struct text *why);

#endif
