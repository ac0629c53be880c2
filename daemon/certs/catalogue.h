/* SPDX-License-Identifier: ISC */
#ifndef CERTS_CATALOGUE_H
#define CERTS_CATALOGUE_H

/**
 * A set of pairs, found by the path of their chain and by server name.  Filled, then indexed, then only read.
 *
 * For certs.c only.  Threads: one while it is filled, any while it is read.
 */

#include "base/err.h"
#include "certs/pair.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/** One name of one pair. */
struct catalogue_entry {
	const char *name; /**< the pair's own string */
	struct pair *pair;
};

/** Zero-initialise. */
struct catalogue {
	struct pair **pair; /**< one reference each; sorted by pair_info.file */
	size_t pair_count;
	size_t pair_capacity;
	struct catalogue_entry *entry; /**< sorted by name */
	size_t entry_count;
};

/**
 * Add a pair; it is found after the next catalogue_index().
 *
 * @param pair  its reference is taken over and set to NULL, also on error
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err catalogue_put(struct catalogue *catalogue, struct pair **pair);

/**
 * Make everything put so far findable.
 *
 * @return ERR_OK, ERR_NO_MEMORY (what was found by name before is so still)
 */
enum err catalogue_index(struct catalogue *catalogue);

/** The pair whose chain was loaded from a path, or NULL; lent. */
struct pair *catalogue_find_file(const struct catalogue *catalogue, const char *path);

/** The best pair for a host, or NULL, as certs_find() describes; lent. */
struct pair *catalogue_find_host(const struct catalogue *catalogue, const char *host, unsigned keys,
				 time_t now);

/**
 * Tell whether there is a name under which a pair is the best among those of its kind of key; when not,
 * others stand in for it.
 */
bool catalogue_uses(const struct catalogue *catalogue, const struct pair *pair, time_t now);

/** Give every reference up and leave an empty catalogue. */
void catalogue_free(struct catalogue *catalogue);

#endif
