/* SPDX-License-Identifier: ISC */
#ifndef STORE_STORE_H
#define STORE_STORE_H

/**
 * What must survive: one SQLite database in the state directory, written by one daemon at a time.
 *
 * A transaction that was committed is on disk (write-ahead log, synchronous FULL).  When the disk fails
 * during a commit the store opens its files again and looks whether the transaction is there, so that
 * "unknown" is the answer only while they cannot be read.
 *
 * Nothing is written into files that are not those which were opened, or that hold something else than was
 * left in them, or that are damaged: what is in memory is served on then, and store/condition.h says so.
 *
 * Threads: the clerk's.
 */

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct store;
struct store_txn;

/**
 * Open the store of a state directory, making it when there is none and migrating it when it is older.
 *
 * One that is damaged, or that may only be read, is opened all the same as far as it can be read, so that
 * what it proves can be served.
 *
 * @param directory  must exist
 * @return ERR_OK (see store/condition.h), ERR_EXISTS (another daemon has it), ERR_REFUSED (not ours, made by
 * a newer version, or its database is missing although it was in use), ERR_STORE (not readable),
 * ERR_NO_MEMORY; the cause is logged
 */
enum err store_open(const char *directory, struct store **store);

/** Close the store; NULL inside is fine.  A transaction that is open must be ended before. */
void store_close(struct store **store);

/**
 * Begin the one transaction there can be.
 *
 * @return ERR_OK, ERR_STORE (cause logged; or it may not be written, see store/condition.h: store_reopen()
 * first when it is doubtful), ERR_NO_MEMORY
 */
enum err store_begin(struct store *store, struct store_txn **txn);

/**
 * Begin a transaction of evidence, which may be lost: on a full disk it fails, and leaves the reserve to
 * orders; and it never leaves the store doubtful for that.  Where another process writes it fails at once.
 *
 * The cause of a failure is logged only when it is another than that of the one before; the first that is
 * written after one is logged, too.
 *
 * @return as store_begin()
 */
enum err store_begin_modest(struct store *store, struct store_txn **txn);

/**
 * Make all of a transaction durable.  The transaction is gone afterwards, whatever is returned.
 *
 * @return ERR_OK (it is on disk, for ever), ERR_STORE (nothing of it is; cause logged),
 *         ERR_UNKNOWN (the disk failed and cannot be read now, or the files were taken away meanwhile: the
 * store is doubtful; cause logged)
 */
enum err store_commit(struct store_txn **txn);

/** What has become of a transaction. */
struct fate {
	bool open; /**< not known before the files are opened again */
	bool done; /**< it is on disk; when open, false */
};

/**
 * Follow the last transaction, whose commit ended in ERR_UNKNOWN: its fate is open until store_reopen() knows
 * it.  Only one is followed.
 *
 * @param fate  to outlive all that is done with the store
 */
void store_follow(struct store *store, struct fate *fate);

/** Forget a transaction; NULL inside is fine. */
void store_rollback(struct store_txn **txn);

/** See whether the files are still as they were left, at little cost; if not, the store is doubtful from now
 * on. */
void store_look(struct store *store);

/** When the state was written last before it was opened, as far as its files tell; 0: never. */
time_t store_last_written(const struct store *store);

/** Tell whether the store is doubtful, and has not been opened again since. */
bool store_is_doubtful(const struct store *store);

/**
 * Open the files of a doubtful store again.  What they hold from then on is the truth: the caller re-reads
 * all of it.
 *
 * Files that somebody else has changed or put there are taken only when they are sound and have seen every
 * transaction that was committed here.
 *
 * @return ERR_OK, ERR_STORE (still not to be had; cause logged)
 */
enum err store_reopen(struct store *store);

/**
 * Tell, once, whether the last transaction failed because the disk is full and the reserve of disk space was
 * given up for it: the same transaction, tried again, finds room.
 */
bool store_made_room(struct store *store);

/**
 * Set disk space aside again after the reserve was given up, as far as there is some now, and note in the
 * lock file how far the database has come.
 *
 * @return whether the reserve is there
 */
bool store_keep_reserve(struct store *store);

#endif
