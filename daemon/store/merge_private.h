/* SPDX-License-Identifier: ISC */
#ifndef STORE_MERGE_PRIVATE_H
#define STORE_MERGE_PRIVATE_H

/**
 * How the past of domains and the records of a copy become those of what was published after it was made;
 * parts of merge_run().
 *
 * Threads: the clerk's.
 */

#include "policy/id.h"
#include "store/sql_private.h"

/**
 * Choose an id that neither a domain nor its record had, here or in the other database.
 *
 * @param[in,out] last  the id that was chosen before, or "": of many domains of one record each gets the next
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err merge_choose(struct sql_connection *copy, const char *domain, time_t now, char last[ID_SIZE]);

/**
 * Take over what is known of the time before, and note who is published no more because the copy does not
 * have him; after all revisions.
 *
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err merge_past(struct sql_connection *copy);

/** Note whose time before is not known, because he was forgotten since; after what comes back is published.
 */
enum err merge_comeback(struct sql_connection *copy);

/**
 * Take over where the records of domains were, and every id of theirs, after their revisions.
 *
 * @return ERR_OK, ERR_STORE (cause logged), ERR_NO_MEMORY
 */
enum err merge_records(struct sql_connection *copy);

/**
 * Give a new id to each record whose domains are not all right under the one that was given out last, and
 * believe of no revision that it was seen right under an id that is older than the copy knew.
 *
 * @return ERR_OK, ERR_STORE (cause logged), ERR_NO_MEMORY
 */
enum err merge_settle(struct sql_connection *copy, time_t now);

#endif
