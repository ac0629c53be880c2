/* SPDX-License-Identifier: ISC */
#ifndef EVIDENCE_LOOKS_H
#define EVIDENCE_LOOKS_H

/**
 * Takes in what an operator's program saw in DNS, and judges it; the daemon itself never asks.
 *
 * Threads: the clerk's.
 */

#include "core/order.h"

/** A TTL that is longer than this is cut by resolvers, and here; seconds. */
#define LOOK_TTL_MAX 604800

/** What was seen of one domain; strings are lent. */
struct look {
	const char *domain; /**< normalised; published */
	const char *error;  /**< why no server could be asked at all, or NULL */
	const char *record; /**< owner name at which the servers have it, or are asked to, in the form of
			       record_owner_normalise(); NULL: not known, or not the same at all of them */
	struct record_answer answer[RECORD_SERVERS_MAX];
	size_t answers;
	bool joins; /**< set: its record is at another name than it was known to be */
};

/**
 * Take in where the records are, judge looks against what is published now, and store them as order_run()
 * does, all or none; a domain that is not known any more is passed over.
 *
 * An id is right when it was given out for the record no earlier than what the domain publishes.  A domain
 * whose record turns out to be shared brings its ids along; if it is right under none of those that the
 * record had last, the record gets a new one.
 *
 * The verdict of a domain is its worst server's.  An address that could not be tried does not count as long
 * as the same server was heard at another one.
 *
 * @return as order_run()
 */
enum err looks_take(struct registry *registry, struct store *store, const struct order *order,
		    struct look *looks, size_t count);

#endif
