/* SPDX-License-Identifier: ISC */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

/**
 * A change of any number of domains, worked out in full before anything is touched, then made durable and
 * visible at once: all of it or nothing.
 *
 * Orders and reloads are both made of one plan.  Everything that can fail comes before the commit; what comes
 * after it only exchanges pointers.
 *
 * Threads: the main thread.
 */

#include "base/complaints.h"
#include "base/err.h"
#include "core/registry.h"
#include "core/target.h"
#include "store/audit.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What becomes of one domain. */
struct change {
	struct domain *domain;
	struct revision *before;    /**< published when the plan was made; NULL for a new domain; held */
	struct revision *after;     /**< published afterwards; the same when its text and id stay; held */
	struct revision *incoming;  /**< private: the reference that the registry takes over */
	struct switching switching; /**< from then on */
	uint32_t wait;  /**< how long senders may hold an older revision then, see retirement_wait() */
	char *source;   /**< new path of the domain's file, or NULL when it stays */
	bool switches;  /**< whether the switch differs from before */
	bool publishes; /**< whether there is a new revision */
};

struct plan {
	struct registry *registry; /**< lent */
	struct store *store;       /**< lent */
	time_t now;                /**< when the revisions of the plan are published */
	bool keep_unchanged;       /**< whether domains that stay as they are get an entry, too */
	struct change *item;
	size_t count;
	size_t capacity;
	size_t published; /**< how many have a new revision */
	int64_t audit; /**< number of the audit entry after plan_commit(), 0 when nothing had to be written */
};

/**
 * Begin a plan.
 *
 * @param[out] plan  freed with plan_free()
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err plan_new(struct registry *registry, struct store *store, time_t now, bool keep_unchanged,
		  struct plan **plan);

/**
 * Work out what a wish means for a domain, and add it; each domain at most once.
 *
 * The text that is published already makes no new revision.  A new one gets an id that the domain never had:
 * that of the domain's file when it sets one and the switch does not override it, or else the next by time.
 *
 * @param name  normalised; a domain that is not known becomes known when the plan is committed
 * @return ERR_OK, ERR_REFUSED (see ids_choose() and target_policy(); complained about, nothing added),
 * ERR_NOT_FOUND (unknown domain without a file), ERR_STORE (cause logged), ERR_NO_MEMORY
 */
enum err plan_add(struct plan *plan, const char *name, const struct wish *wish,
		  struct complaints *complaints);

/**
 * Make a plan durable, then visible.
 *
 * After ERR_OK it is on disk, and every request that begins later gets it.  After ERR_STORE and ERR_NO_MEMORY
 * nothing has changed, neither on disk nor on the wire.  After ERR_UNKNOWN nothing has changed on the wire,
 * and the disk has to be read again (registry_load()).  On a full disk the store's reserve is used up for it.
 *
 * @param entry  who orders it; at is overwritten
 */
enum err plan_commit(struct plan *plan, const struct audit_entry *entry);

/** Free a plan, committed or not; NULL inside is fine. */
void plan_free(struct plan **plan);

#endif
