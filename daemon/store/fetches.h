/* SPDX-License-Identifier: ISC */
#ifndef STORE_FETCHES_H
#define STORE_FETCHES_H

/**
 * How often and when revisions were fetched, as far as it is known: what was counted by a run that then
 * crashed is lost, so the store also keeps the times in which that may have happened.
 *
 * Threads: the clerk's.
 */

#include "store/store.h"

#include <stdint.h>
#include <time.h>

/** Fetches of one revision that are not in the store yet. */
struct fetches {
	int64_t count;
	time_t first_at;
	time_t last_at;
};

/**
 * Say that a run begins.  If the one before did not end well, every revision that was published since its
 * last count may have been served up to now.  No look into DNS of an earlier run confirms anything any more.
 *
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err fetches_begin(struct store_txn *txn, time_t now);

/** Say that the run ends, and everything was counted.  Returns ERR_OK, ERR_STORE (cause logged). */
enum err fetches_end(struct store_txn *txn, time_t now);

/** Add to the fetches of a revision.  Returns ERR_OK, ERR_STORE (cause logged). */
enum err fetches_add(struct store_txn *txn, int64_t revision, const struct fetches *fetches);

/** Say that some fetches were not counted since the last count: every revision that was published since may
 * have been served up to now.  Returns ERR_OK, ERR_STORE (cause logged). */
enum err fetches_missed(struct store_txn *txn, time_t now);

/** Say that everything up to a time is counted.  Returns ERR_OK, ERR_STORE (cause logged). */
enum err fetches_counted(struct store_txn *txn, time_t now);

#endif
