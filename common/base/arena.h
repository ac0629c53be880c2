/* SPDX-License-Identifier: ISC */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

/**
 * Memory of many small things that live and go together: no more than their bytes, and gone in one go.
 *
 * Threads: any, one object a thread.
 */

#include <stddef.h>

struct arena_chunk;

/** Zero-initialise. */
struct arena {
	struct arena_chunk *chunk; /* the newest first */
	size_t used;               /* of it, bytes */
	size_t held;               /**< bytes of all of them */
};

/** So many zero bytes, aligned for anything; NULL without memory. */
void *arena_take(struct arena *arena, size_t size);

/** A copy of a string; NULL without memory. */
char *arena_copy(struct arena *arena, const char *string);

/** Free all of it, and leave it empty. */
void arena_free(struct arena *arena);

#endif
