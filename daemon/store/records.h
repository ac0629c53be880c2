/* SPDX-License-Identifier: ISC */
#ifndef STORE_RECORDS_H
#define STORE_RECORDS_H

/**
 * The records that domains share (RFC 8461, section 8.2): which domains, and every id that was given out for
 * them, whatever domain it was for.
 *
 * A domain whose record is at its own name and nobody else's is not here: its ids are those of its revisions.
 * The functions about a domain count both, so that one rule does for all.
 *
 * Threads: the main thread.
 */

#include "policy/record.h"
#include "store/store.h"

/**
 * Say where the record of a stored domain is.
 *
 * Every id that the domain ever published, and those that DNS showed instead, become ids of that record, too.
 *
 * @param declared  owner name that its file says, or NULL
 * @param observed  owner name at which it was seen, or NULL; what is declared counts before it
 * @param[out] clashes  whether an id of another domain of the record turns out to have been this domain's
 * before: whoever saw it then may hold an older policy of the other, which is not right under it any more
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err records_place(struct store_txn *txn, const char *domain, const char *declared, const char *observed,
		       bool *clashes);

/** Forget where the record of a domain is; its ids stay ids of that record.  Returns ERR_OK, ERR_STORE (cause
 * logged). */
enum err records_leave(struct store_txn *txn, const char *domain);

/** Note that an id was given out for a record.  Returns ERR_OK, ERR_STORE (cause logged). */
enum err records_give(struct store_txn *txn, const char *owner, const char *id, const struct id_given *given);

/** The id that was given out last for a record, "" when none was.  Returns ERR_OK, ERR_STORE (cause logged).
 */
enum err records_newest(struct store *store, const char *owner, char id[ID_SIZE]);

/** Tell whether an id was given out for a record, or seen there.  Returns ERR_OK, ERR_STORE (cause logged).
 */
enum err records_has(struct store *store, const char *owner, const char *id, bool *has);

/**
 * Find out since when a domain is right under an id: see id_since().
 *
 * @param[out] since  number of a revision; 0: it was never given out for the domain's record, or seen there
 * before that
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err records_since(struct store *store, const char *domain, const char *id, int64_t *since);

/**
 * Call with each record, until it returns something else than ERR_OK.
 *
 * @return what the last call returned, ERR_STORE (cause logged), or ERR_NO_MEMORY
 */
enum err records_each(struct store *store, enum err (*each)(void *context, const char *owner), void *context);

/**
 * Call with each id, the newest first and at most a hundred, of a domain's shared record that was given out
 * no earlier than what the domain publishes; not at all when its record is its own.
 *
 * @return what the last call returned, ERR_STORE (cause logged), or ERR_NO_MEMORY
 */
enum err records_each_right(struct store *store, const char *domain,
			    enum err (*each)(void *context, const char *id), void *context);

#endif
