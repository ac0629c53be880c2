/* SPDX-License-Identifier: ISC */
#ifndef CORE_TALLY_H
#define CORE_TALLY_H

/**
 * Counts the fetches of revisions in memory, so that no fetch waits for the disk, and writes them into the
 * store in batches.
 *
 * Threads: tally_note() from any thread; all else from the main thread.
 */

#include "base/err.h"
#include "core/revision.h"
#include "store/store.h"

#include <stdbool.h>
#include <time.h>

struct tally;

/** @return ERR_OK, ERR_NO_MEMORY */
enum err tally_new(struct tally **tally);

/** Free a tally and what it did not write; NULL inside is fine. */
void tally_free(struct tally **tally);

/** Count a fetch of a revision that was found published.  Cannot fail. */
void tally_note(struct tally *tally, struct revision *revision, time_t now);

/** How often the domain of a published revision was fetched since the start, by whatever revision. */
int64_t tally_total(struct tally *tally, struct revision *revision);

/**
 * Let a revision go on with the total of the one that it replaces.  A fetch that found the former and is not
 * noted yet is missing from the total then; what is written has it.
 */
void tally_hand_on(struct tally *tally, struct revision *former, struct revision *next);

/**
 * Write what was counted, in one transaction; nothing is written when there is nothing.  Whatever cannot be
 * written is kept for the next time.
 *
 * @return ERR_OK, ERR_STORE (cause logged), ERR_UNKNOWN (see store_commit(): it may be written twice)
 */
enum err tally_write(struct tally *tally, struct store *store, time_t now);

#endif
