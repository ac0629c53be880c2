/* SPDX-License-Identifier: ISC */
#ifndef SERVE_SHARE_H
#define SERVE_SHARE_H

/**
 * What connections hold of what there is for them: places and memory.
 *
 * Threads: struct load any; a struct share the worker's own.
 */

#include "serve/counters.h"

#include <stdbool.h>

/** What all connections of a pool are and hold now. */
struct load {
	atomic_uint open;
	atomic_uint_least64_t memory; /**< bytes, as connection_memory() counts them */
};

/** What is limited. */
enum limit { LIMIT_CONNECTIONS, LIMIT_MEMORY };

/** The size of a table that has a row for each. */
#define LIMIT_COUNT (LIMIT_MEMORY + 1)

/** Limits of the pool, and what a worker has and may have in any case. */
struct share {
	struct load *load;     /**< lent; of the whole pool */
	unsigned max_open;     /**< connections of the whole pool at a time, 1 ... */
	uint64_t max_memory;   /**< bytes that they may hold */
	unsigned least_open;   /**< connections that this worker may have in any case, 1 ... */
	uint64_t least_memory; /**< bytes that they may hold in any case */
	unsigned open;         /**< connections of this worker now */
	uint64_t memory;       /**< bytes that they hold now */
};

/** What there is too much of, who has to go for it, and who is not let in for it. */
struct share_limit {
	/** Whether the pool has no more. */
	bool (*is_reached)(const struct share *share);
	/** Whether the worker has not taken yet what it may have in any case. */
	bool (*has_least)(const struct share *share);
	enum counter crowded;
	const char *crowded_why;
	enum counter refused;
	const char *refused_why;
};

/** A row for each limit. */
extern const struct share_limit share_limits[LIMIT_COUNT];

/** One connection more, which holds nothing yet. */
void share_enter(struct share *share);

/** One connection less, and what it was counted with. */
void share_leave(struct share *share, uint64_t memory);

/** A connection holds something else than before. */
void share_weigh(struct share *share, uint64_t before, uint64_t now);

#endif
