/* SPDX-License-Identifier: ISC */
#ifndef STORE_ROW_SUM_PRIVATE_H
#define STORE_ROW_SUM_PRIVATE_H

/**
 * The SQL function row_sum(...), by which a damaged row is told when it is read: a sum over its arguments,
 * their types and lengths; and the same sum without SQL.
 *
 * Threads: the clerk's.
 */

#include "base/err.h"

#include <sqlite3.h>
#include <stdint.h>

/** Let a connection know the function.  Returns ERR_OK, ERR_STORE. */
enum err row_sum_register(sqlite3 *db);

/** The sum over what came before and a text. */
uint64_t row_sum_text(uint64_t sum, const char *text);

/** The same over a column of a row. */
uint64_t row_sum_column(uint64_t sum, sqlite3_stmt *statement, int column);

#endif
