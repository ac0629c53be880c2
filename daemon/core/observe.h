/* SPDX-License-Identifier: ISC */
#ifndef CORE_OBSERVE_H
#define CORE_OBSERVE_H

/**
 * Takes in what an operator's program saw in DNS, and judges it; the daemon itself never asks.
 *
 * Threads: the main thread.
 */

#include "base/err.h"
#include "core/registry.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Most TXT records at one server that are looked at. */
#define OBSERVE_TEXTS_MAX 16

/** Most servers of one domain. */
#define OBSERVE_SERVERS_MAX 64

/** A TTL that is longer than this is cut by resolvers, and here; seconds. */
#define OBSERVE_TTL_MAX 604800

/** What one address of one server said; strings are lent. */
struct sighted_server {
	const char *server;  /**< its name */
	const char *address; /**< "" when the name has none */
	const char *texts[OBSERVE_TEXTS_MAX];
	size_t text_count;
	uint32_t ttl;      /**< seconds */
	const char *error; /**< why it said nothing that can be used, or NULL */
	bool skipped;      /**< the program's machine has no way to that address family */
};

/** What was seen of one domain; strings are lent. */
struct sighting {
	const char *domain; /**< normalised; published */
	const char *error;  /**< why no server could be asked at all, or NULL */
	struct sighted_server server[OBSERVE_SERVERS_MAX];
	size_t server_count;
};

/**
 * Judge sightings against what is published now, and store them, all or none.
 *
 * The verdict of a domain is its worst server's.  An address that could not be tried does not count as long
 * as the same server was heard at another one.
 *
 * @return ERR_OK, ERR_STORE (nothing is stored; cause logged), ERR_UNKNOWN (see store_commit()),
 * ERR_NO_MEMORY
 */
enum err observe_run(struct registry *registry, struct store *store, const struct sighting *sightings,
		     size_t count);

#endif
