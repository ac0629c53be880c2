/* SPDX-License-Identifier: ISC */
#ifndef STORE_SOUNDNESS_H
#define STORE_SOUNDNESS_H

/**
 * Inside of store/: whether a database is whole, as far as that can be told from itself.
 *
 * Pages, indexes and counts are checked as one; each row that decides what is published has a sum of its own,
 * by which it is told when it is read (row_sum() in the statements of sql.c).
 *
 * Threads: the main thread.
 */

#include "base/err.h"
#include "base/text.h"
#include "store/sql.h"

#include <stdbool.h>

/**
 * Check a database as a whole.  Nothing is written.
 *
 * @param version  of its schema, 1 ...
 * @param[out] why  what is damaged, a few words; empty when it is sound
 * @return ERR_OK (see why), ERR_NO_MEMORY
 */
enum err soundness_check(struct sql_connection *connection, int version, struct text *why);

#endif
