/* SPDX-License-Identifier: ISC */
#ifndef CORE_CHANGE_H
#define CORE_CHANGE_H

/**
 * What an order does to domains: worked out in full before anything is touched, and written and published as
 * one.
 *
 * Switches, undos and reloads are made of it; core/order.h calls the second half in its order.
 *
 * Threads: the clerk's.
 */

#include "core/target.h"
#include "store/audit.h"

/**
 * What becomes of one domain.  All that it points to stays as it is until changes_free(), whatever later
 * orders do to the domain.
 */
struct change {
	const char *domain;      /**< its name */
	struct revision *before; /**< published until then; NULL for a new domain */
	struct revision *after;  /**< published from then on; the same when text and id stay; NULL: nothing,
				    the domain is forgotten */
	const struct switching *switching; /**< from then on, held; NULL: as before */
	const struct owner *owner;         /**< where its record is from then on; NULL: its own */
	char *record_id;                   /**< changes_id() reads it */
	bool switched;                     /**< whether a switch holds it from then on */
	bool publishes;                    /**< whether there is a new revision */
	bool moves;                        /**< whether its record is at another name than before */
	bool only_before; /**< what was adopted is of the time before, and what is published stays */
};

/** All that an order changes. */
struct changes {
	struct change *item;
	size_t count;
	size_t published; /**< how many have a new revision */
	int64_t audit;    /**< number of the audit entry, 0 until it is written */
	struct changes_private *private;
};

/**
 * Begin with no changes.
 *
 * @param now  when the new revisions are published
 * @param keep_unchanged  whether domains that stay as they are get an entry, too
 * @param[out] changes  freed with changes_free()
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err changes_new(struct registry *registry, struct store *store, time_t now, bool keep_unchanged,
		     struct changes **changes);

/**
 * Work out what a wish means for a domain, and add it; each domain at most once.  The live set is only read.
 *
 * The text that is published already makes no new revision.  A new one gets an id that the domain never had:
 * that of the domain's file when it sets one and the switch does not override it, or else the next by time.
 *
 * @param name  normalised; a domain that is not known becomes known when the changes are published
 * @return ERR_OK, ERR_REFUSED (see ids_choose() and target_policy(); complained about, nothing added),
 * ERR_NOT_FOUND (unknown domain without a file), ERR_STORE (cause logged), ERR_STOPPED (base/progress.h),
 * ERR_NO_MEMORY
 */
enum err changes_add(struct changes *changes, const char *name, const struct wish *wish,
		     struct complaints *complaints);

/** Add a domain that stays as it is.  Returns ERR_OK, ERR_STOPPED, ERR_NO_MEMORY. */
enum err changes_keep(struct changes *changes, const struct domain *domain);

/**
 * Add that a domain is served no more.  Its history stays in the store, so no id is ever used twice.
 *
 * @return ERR_OK, ERR_STOPPED, ERR_NO_MEMORY
 */
enum err changes_forget(struct changes *changes, const struct domain *domain);

/**
 * The id that the record of a changed domain has to have after the order, when changes_end() was called: its
 * own, or that of another domain of the same record which the same order changes.
 */
const char *changes_id(const struct change *change);

/** Whether there is anything to write. */
bool changes_matter(const struct changes *changes);

/** Make room for the domains that are new, still unpublished.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err changes_prepare(struct changes *changes);

/**
 * Write them, as part of the transaction of their audit entry.
 *
 * @return ERR_OK, ERR_STORE (cause logged), ERR_STOPPED
 */
enum err changes_write(struct changes *changes, struct store_txn *txn, int64_t audit);

/** Make them visible, all at once, after the commit.  Cannot fail. */
void changes_publish(struct changes *changes);

/**
 * Give up what only the order needs, published or not.  What is left can be told of for as long as it is not
 * freed, also while there are other orders.
 */
void changes_end(struct changes *changes);

/** How much memory is held by changes that have ended, and by nobody else if all of them are published. */
size_t changes_memory(const struct changes *changes);

/** Free them, ended or not; NULL inside is fine. */
void changes_free(struct changes **changes);

#endif
