/* SPDX-License-Identifier: ISC */
#ifndef STORE_ROW_SUM_H
#define STORE_ROW_SUM_H

/**
 * Inside of store/: the sum of a row that decides what is published, by which a damaged one is told when it
 * is read.
 *
 * Threads: the main thread.
 */

#include "base/err.h"

struct sqlite3;

/**
 * Make the SQL function row_sum(...) known to a connection: a 64-bit FNV-1a sum over its arguments, their
 * types and lengths.  Any one changed byte changes it.
 *
 * @return ERR_OK, ERR_STORE
 */
enum err row_sum_register(struct sqlite3 *db);

#endif
