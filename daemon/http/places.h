/* SPDX-License-Identifier: ISC */
#ifndef HTTP_PLACES_H
#define HTTP_PLACES_H

/**
 * The connections of a listener, and who goes when there is not enough for all; the rules stand in
 * http/listener.h.
 *
 * Threads: that of the listener.
 */

#include "base/loop.h"
#include "http/visit.h"
#include "log/log.h"

/** Most connections of a listener. */
#define PLACES_MAX 128

/** A connection. */
struct place {
	bool is_used;
	bool is_ready; /**< there is something to read, or room to write */
	struct watch watch;
	uint32_t events; /**< that are watched for */
	struct visit visit;
	uint64_t number; /**< in the order in which they came */
	uint64_t pieces; /**< of its answer, when its deadline was set */
	uint64_t deadline_ms;
	uint64_t moved_ms; /**< when it went on to another phase, or sent something of its answer */
};

/** Zero-initialise; tools and loop are lent. */
struct places {
	const struct visit_tools *tools;
	struct loop *loop;
	uint64_t now_ms;
	struct log_limit limit;
	unsigned used;
	unsigned most; /**< places there are */
	struct place place[PLACES_MAX];
};

/**
 * Find a place for a newcomer, which is not among them yet; somebody may have to go for it.
 *
 * @return false when it is to be turned away
 */
bool places_make_room(struct places *places, const struct place *newcomer);

/** End a connection for want of places or memory, and say so in the log, rate-limited. */
void places_turn_away(struct places *places, struct visit *visit);

/**
 * Give a descriptor back where there is none for a newcomer: that of the first with less right than to order.
 *
 * @return false when there is no such connection that may go
 */
bool places_spare_descriptor(struct places *places);

/** Take a place for a newcomer, after places_make_room(). */
struct place *places_take(struct places *places, const struct place *newcomer);

/**
 * Find memory for what a connection holds by now; others may have to go for it.
 *
 * @return false when it is to be turned away itself
 */
bool places_make_memory(struct places *places, const struct place *needy);

/** Close a connection and give its place back. */
void places_leave(struct places *places, struct place *place);

#endif
