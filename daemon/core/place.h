/* SPDX-License-Identifier: ISC */
#ifndef CORE_PLACE_H
#define CORE_PLACE_H

/**
 * A domain comes to the record that its file declares, or that DNS was seen to lead to: worked out, written
 * and made visible with the order that it is part of.
 *
 * Threads: the clerk's.
 */

#include "core/owner.h"
#include "store/store.h"

/** Where the record of one domain is after an order. */
struct place {
	struct owner *declared;
	struct owner *observed;
	struct owner *owner; /**< the one of them that counts; NULL: its own, and always was */
	bool changes;        /**< whether declared or observed is another than before */
	bool moves;          /**< whether owner is */
	bool clashes;        /**< set when it is written: see records_place() */
	char id[ID_SIZE];    /**< set when it is settled: that the record has to have; "" as before */
};

/**
 * Work out where a file says that the record is.
 *
 * @param domain  maybe not published yet
 * @param configured  NULL: no file says anything, and it stays
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err place_declare(struct registry *registry, const struct domain *domain,
		       const struct configured *configured, struct place *place);

/**
 * Work out what follows from where it was seen.
 *
 * @param record  owner name; NULL: it is not known, and it stays
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err place_observe(struct registry *registry, const struct domain *domain, const char *record,
		       struct place *place);

/** Work out where the record of a domain is that is about to be forgotten.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err place_leave(struct registry *registry, const struct domain *domain, struct place *place);

/**
 * Write it, after the domain's new revision if it has one.
 *
 * @param domain  its name
 * @param number  of what it publishes, negative when it was adopted
 * @param published  id that it publishes from now on, or NULL: it has no new revision
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err place_write(struct store_txn *txn, const char *domain, int64_t number, const char *published,
		     time_t now, struct place *place);

/**
 * Write which id the record has to have, after all places of the order are written: what one domain brings
 * along may be what another one publishes.
 *
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err place_settle(struct store *store, struct store_txn *txn, const char *domain, int64_t number,
		      const char *published, time_t now, struct place *place);

/** Make it visible, after the commit.  Cannot fail. */
void place_publish(struct registry *registry, const char *domain, struct place *place);

/** Tell that the order is over: no id is pending any more. */
void place_end(struct place *place);

#endif
