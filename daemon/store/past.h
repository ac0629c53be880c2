/* SPDX-License-Identifier: ISC */
#ifndef STORE_PAST_H
#define STORE_PAST_H

/**
 * Whether anybody knows what senders may hold of a domain from before it came to this host.
 *
 * Of a domain that is published for the first time, or again after it was forgotten, nobody does.  It is
 * known as soon as its policy was adopted, as DNS was found without any record before one was ever seen
 * there, or as the operator gives his word.  Domains of a state that an earlier version wrote count as known.
 *
 * Threads: the clerk's.
 */

#include "store/store.h"

#include <stdint.h>
#include <time.h>

/** What a look at DNS says of the time before. */
enum past_sight {
	PAST_SIGHT_NOTHING, /**< some server was not heard */
	PAST_SIGHT_BARE,    /**< no server has a record */
	PAST_SIGHT_RECORD,  /**< some server has one: a later look without it says nothing any more */
};

/**
 * Note that nobody knows what was before a revision, unless the domain was only away for a restore, a day at
 * most.  What was not known of an earlier stay no look can settle any more.
 *
 * @param number  of the first revision since the domain is here
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err past_begin(struct store_txn *txn, const char *domain, int64_t number, time_t now);

/** Note that all is known: it was adopted, or there was nothing.  Returns ERR_OK, ERR_STORE (cause logged).
 */
enum err past_settle(struct store_txn *txn, const char *domain);

/** Note what a look at the domain's own record showed.  Returns ERR_OK, ERR_STORE (cause logged). */
enum err past_look(struct store_txn *txn, const char *domain, enum past_sight sight);

/** Tell whether what was before is not known.  Returns ERR_OK, ERR_STORE (cause logged). */
enum err past_is_unknown(struct store *store, const char *domain, bool *unknown);

#endif
