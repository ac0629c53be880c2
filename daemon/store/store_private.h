/* SPDX-License-Identifier: ISC */
#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H

/**
 * A store and its transaction from within, and what the rooms of store/ do for one another.
 */

#include "base/text.h"
#include "store/files_private.h"
#include "store/sql_private.h"

#include <time.h>

struct fate;
struct restore_change;

struct store_txn {
	struct store *store;
	bool modest; /* may not have the reserve */
};

struct store {
	struct sql_connection connection;
	struct sql_connection beside; /* store/reading.h: its db is NULL until it is needed */
	bool aside;                   /* what is read is read beside */
	bool held;                    /* it is as of before the last commit */
	int changes;                  /* rows that were changed before the transaction, as SQLite counts */
	struct store_txn txn;         /* there is never more than one */
	struct files files;
	sqlite3_int64 generation; /* how many transactions the database has seen */
	sqlite3_int64 written_back; /* the same when all of the log was last written back */
	sqlite3_int64 wanted;     /* the same once the last transaction that began is in it */
	struct fate *followed;    /* of an earlier one, or NULL */
	sqlite3_int64 followed_to;
	sqlite3_int64 found; /* how many there were when it was opened */
	int64_t last_run;    /* how many it had seen before, as the lock file says; 0 when it is no more */
	struct text damage;  /* what is damaged; empty: nothing */
	bool assumed;        /* that nothing is, see store/soundness.h */
	struct files_fault fault; /* of the files, for which it is doubtful */
	bool doubtful;
	bool read_only;
	int room_told;        /* the state of the disk at the last look, enum room_state */
	bool made_room;       /* the reserve was given up for the last transaction */
	int evidence_failure; /* for sql_retry(): evidence is written whenever somebody looks */
};

/** The connection of a store, for reading: within its transaction, if there is one and nobody reads aside. */
struct sql_connection *store_connection(struct store *store);

/** The connection of a transaction. */
struct sql_connection *store_txn_connection(struct store_txn *txn);

/** Add a revision of a domain that is there, and supersede the one before it.  Returns as revisions_put(). */
enum err revisions_write(struct sql_connection *sql, const char *domain, const char *id, const char *text,
			 size_t len, time_t now);

/**
 * Finish a restore that was interrupted after its copy was complete.
 *
 * @return ERR_OK (also when there is none), ERR_STORE (cause logged)
 */
enum err restore_finish(const struct files *files);

/**
 * Take over into a copy of a state what was published after it was made: every revision that the copy lacks,
 * as one that was replaced now; and publish anew, under a new id, what the copy has otherwise than it was
 * published.
 *
 * Senders hold what was published, whether a copy knows of it or not; so no id of it may come back, and the
 * time at which all of it has expired must count it.
 *
 * @param copy  sound and of today's version, opened by sql_open_in()
 * @param folder  descriptor of the directory of the other database, which is not written to; no link in it is
 * followed
 * @param name  of the other database in there
 * @param each  called with each domain that differs
 * @param[out] merged  false: there is none, or it is damaged or of another version, and nothing is taken over
 * @return ERR_OK, ERR_STORE (the copy is half done, and must not be used; cause logged), ERR_NO_MEMORY
 */
enum err merge_run(struct sql_connection *copy, int folder, const char *name,
		   void (*each)(void *context, const struct restore_change *change), void *context,
		   bool *merged);

#endif
