/* SPDX-License-Identifier: ISC */
#ifndef STORE_WRITE_BACK_H
#define STORE_WRITE_BACK_H

/**
 * The log of the database, which SQLite writes back into it a thousand pages at a time: what an order of very
 * many domains leaves is written back in between others.
 *
 * Threads: the clerk's.
 */

#include <stdbool.h>

struct store;

/** Tell whether so much of the log is not written back that this takes a while. */
bool write_back_is_due(const struct store *store);

/**
 * Write the log back if that is due, letting others have their turn meanwhile (base/progress.h).
 *
 * What fails is tried again after the next commit, and by it: nothing is lost without it.
 */
void write_back(struct store *store);

#endif
