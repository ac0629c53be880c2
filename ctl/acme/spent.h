/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_SPENT_H
#define CTL_ACME_SPENT_H

/**
 * A log of times, of which each may belong to a key, and the question when a limit of so many within so long
 * leaves room for one more.
 *
 * The limit is kept as a sliding window: in no span of that length are there more.  Whoever keeps to that
 * never exceeds a bucket of the same size that fills up within the same time either, whenever that one was
 * full.
 *
 * Threads: any, one object a thread.
 */

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/** The times that belong to one key, which is whatever this is a part of; zero-initialise. */
struct spent_chain {
	uint64_t first, last; /* numbers in the log */
	uint32_t count;
};

struct spent_item {
	time_t when;
	uint64_t next; /* number of the next one of the same key */
	struct spent_chain *chain;
};

/** A log; zero-initialise. */
struct spent {
	struct spent_item *item; /* a ring: number N is at N modulo the capacity */
	size_t capacity;         /* a power of two */
	uint64_t begin, end;     /* numbers of the oldest, and behind the newest */
};

/**
 * Add a time; one before the newest counts as that one: nothing is forgotten too early.
 *
 * @param chain  of its key, which stays where it is as long as the log has times of it; NULL: it has none
 * @return ERR_OK, ERR_NO_MEMORY (the log is as before)
 */
enum err spent_add(struct spent *spent, struct spent_chain *chain, time_t when);

/** Forget what is older than any limit asks for: all times before one. */
void spent_forget(struct spent *spent, time_t before);

/** How many times there are. */
size_t spent_count(const struct spent *spent);

/** The Nth of them, the oldest being number 0. */
const struct spent_item *spent_at(const struct spent *spent, size_t number);

/**
 * From when on there is room for one more.
 *
 * @param most  so many are allowed, 1 ...
 * @param seconds  within so long
 * @return a time, which may have passed; 0: at any time
 */
time_t spent_next(const struct spent *spent, unsigned most, time_t seconds);

/** The same for the times of one key. */
time_t spent_next_of(const struct spent *spent, const struct spent_chain *chain, unsigned most,
		     time_t seconds);

/** Free the log and leave an empty one. */
void spent_free(struct spent *spent);

#endif
