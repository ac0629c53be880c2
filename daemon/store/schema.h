/* SPDX-License-Identifier: ISC */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

/**
 * Inside of store/: the tables, as a list of steps from an empty database to today's.
 *
 * Threads: the main thread.
 */

#include "base/err.h"
#include "store/sql.h"

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

#endif
