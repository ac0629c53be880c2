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
 * Threads: the clerk's.
 */

#include "policy/record.h"
#include "store/store.h"

/**
 * Say where the record of a stored domain is.
 *
 * Every id that the domain ever published, and those that DNS showed instead, become ids of that record, too.
 * Those of the record that it leaves stay known as such that its senders may have seen; a record that had
 * none goes on with the newest of them.
 *
 * @param declared  owner name that its file says, or NULL
 * @param observed  owner name at which it was seen, or NULL; what is declared counts before it.  Both NULL:
 * at its own name, which is a record from now on if it was at another
 * @param[out] clashes  whether an id of the record turns out to have been seen by somebody's senders before:
 * they may hold an older policy, which is not right under it any more
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err records_place(struct store_txn *txn, const char *domain, const char *declared, const char *observed,
		       bool *clashes);

/** Note that an id was given out for a record.  Returns ERR_OK, ERR_STORE (cause logged). */
enum err records_give(struct store_txn *txn, const char *owner, const char *id, const struct id_given *given);

/**
 * The id that was given out last for a record.
 *
 * @param[out] id  "" when none was
 * @param[out] number  what records_since() has to say at least of it and any domain, or not all of them are
 * right under it; INT64_MAX: they are not; or NULL
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err records_newest(struct store *store, const char *owner, char id[ID_SIZE], int64_t *number);

/**
 * Tell whether an id was given out for a record, or for one that its domains had before, or seen there.
 *
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err records_has(struct store *store, const char *owner, const char *id, bool *has);

/**
 * Find out since when an id counts as given out for a domain: who saw it before that may hold an older policy
 * under it.
 *
 * It is the first time that it was given out with a revision of the domain, for its record, or for one that
 * domains of that record had before; the same order or second counts as the same time.  A revision is right
 * under every id that was given out no earlier than it: whose number is not less than its own.
 *
 * @param[out] since  number of a revision; 0: it was never given out, or seen before that
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
 * Call with each id, the newest first and at most a hundred, under which what a domain publishes is right.
 *
 * @return what the last call returned, ERR_STORE (cause logged), or ERR_NO_MEMORY
 */
enum err records_each_right(struct store *store, const char *domain,
			    enum err (*each)(void *context, const char *id), void *context);

#endif
