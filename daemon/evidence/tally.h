/* SPDX-License-Identifier: ISC */
#ifndef EVIDENCE_TALLY_H
#define EVIDENCE_TALLY_H

/**
 * Counts the fetches of revisions in memory, so that no fetch waits for the disk, and writes them into the
 * store in batches.
 *
 * Threads: tally_note() from any thread; all else from the clerk's.
 */

#include "core/revision.h"

struct tally;

/** @return ERR_OK, ERR_NO_MEMORY */
enum err tally_new(struct tally **tally);

/** Free a tally and what it did not write; NULL inside is fine. */
void tally_free(struct tally **tally);

/** Count a fetch of a revision that was found published.  Without memory it is noted that one was not
 * counted, and what was published meanwhile counts as served until that is written.  Cannot fail. */
void tally_note(struct tally *tally, struct revision *revision, time_t now);

/**
 * Write what was counted, in one transaction; nothing is written when there is nothing.  Whatever cannot be
 * written is kept for the next time, and what may have been written until that is known: nothing is counted
 * twice.
 *
 * @return ERR_OK, ERR_STORE (cause logged), ERR_UNKNOWN (see store_commit())
 */
enum err tally_write(struct tally *tally, struct store *store, time_t now);

/**
 * The same for a run of the daemon, which is noted in the store the first time, so that the next run knows
 * what a crash may have lost: no more than what was counted since the last call.  Nothing that fails here may
 * keep a host from serving; it is tried again with the next call.
 */
void tally_keep(struct tally *tally, struct store *store, time_t now);

/** The end of a run that tally_keep() began: nothing that was counted is lost. */
void tally_end(struct tally *tally, struct store *store, time_t now);

#endif
