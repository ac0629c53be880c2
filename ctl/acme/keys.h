/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_KEYS_H
#define CTL_ACME_KEYS_H

/**
 * What a ledger remembers by name: of a registered domain, and of a policy host.
 *
 * Threads: any, one object a thread.
 */

#include "ctl/acme/spent.h"

#include <stdbool.h>
#include <sys/queue.h>

/** One name; it stays where it is until keys_free(). */
struct key {
	struct key *next;          /* of those that have the same place in the table */
	time_t wait_until;         /**< the authority asked for that; 0: it did not */
	struct spent_chain orders; /**< of a domain: its new certificates */
	struct spent_chain issued; /**< of a host: certificates that were made */
	struct spent_chain failed; /**< of a host: validations that failed */
	time_t tried;              /**< of a host: when it was last ordered */
	time_t first_tried;        /**< since when without success */
	unsigned tries;            /**< how often since then */
	bool is_open;              /**< the last order has no result yet */
	TAILQ_ENTRY(key) open;     /**< those that have none, the oldest first */
	char name[];
};

/** Zero-initialise. */
struct keys {
	struct key **place;
	size_t places; /* a power of two */
	size_t count;
};

/** Find a name, or NULL. */
struct key *keys_find(const struct keys *keys, const char *name);

/**
 * Find a name, or add it with nothing known of it.
 *
 * @return ERR_OK, ERR_NO_MEMORY (the table is as before)
 */
enum err keys_get(struct keys *keys, const char *name, struct key **key);

/**
 * Call with every name, in no order, until that returns something else than ERR_OK; returns that.
 */
enum err keys_each(const struct keys *keys, enum err (*each)(void *context, struct key *key), void *context);

/** Free every name and leave an empty table. */
void keys_free(struct keys *keys);

#endif
