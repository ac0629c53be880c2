/* SPDX-License-Identifier: ISC */
#ifndef EVIDENCE_LOOKS_H
#define EVIDENCE_LOOKS_H

/**
 * Takes in what an operator's program saw in DNS, and judges it; the daemon itself never asks.
 *
 * Threads: the main thread.
 */

#include "core/order.h"

/** Most TXT records at one server that are looked at. */
#define LOOK_TEXTS_MAX 16

/** Most servers of one domain. */
#define LOOK_SERVERS_MAX 64

/** A TTL that is longer than this is cut by resolvers, and here; seconds. */
#define LOOK_TTL_MAX 604800

/** What one address of one server said; strings are lent. */
struct look_answer {
	const char *server;  /**< its name */
	const char *address; /**< "" when the name has none */
	const char *texts[LOOK_TEXTS_MAX];
	size_t text_count;
	uint32_t ttl;      /**< seconds */
	const char *error; /**< why it said nothing that can be used, or NULL */
	bool skipped;      /**< the program's machine has no way to that address family */
};

/** What was seen of one domain; strings are lent. */
struct look {
	const char *domain; /**< normalised; published */
	const char *error;  /**< why no server could be asked at all, or NULL */
	struct look_answer answer[LOOK_SERVERS_MAX];
	size_t answers;
};

/**
 * Judge looks against what is published now, and store them as order_run() does, all or none; a domain that
 * is not known any more is passed over.
 *
 * The verdict of a domain is its worst server's.  An address that could not be tried does not count as long
 * as the same server was heard at another one.
 *
 * @return as order_run()
 */
enum err looks_take(struct registry *registry, struct store *store, const struct order *order,
		    const struct look *looks, size_t count);

#endif
