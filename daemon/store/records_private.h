/* SPDX-License-Identifier: ISC */
#ifndef STORE_RECORDS_PRIVATE_H
#define STORE_RECORDS_PRIVATE_H

/**
 * The functions of store/records.h on a database that is not the store's.
 *
 * Threads: the clerk's.
 */

#include "policy/id.h"
#include "store/sql_private.h"

/** See records_place(). */
enum err records_put_place(struct sql_connection *sql, const char *domain, const char *declared,
			   const char *observed, bool *clashes);

/** See records_newest(). */
enum err records_read_newest(struct sql_connection *sql, const char *owner, char id[ID_SIZE],
			     int64_t *number);

/** See records_since(). */
enum err records_read_since(struct sql_connection *sql, const char *domain, const char *id, int64_t *since);

#endif
