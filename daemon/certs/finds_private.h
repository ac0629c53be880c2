/* SPDX-License-Identifier: ISC */
#ifndef CERTS_FINDS_PRIVATE_H
#define CERTS_FINDS_PRIVATE_H

/**
 * A list of places where pairs lie.
 *
 * Threads: any, one object a thread.
 */

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/** Where a pair lies; both paths are the same for a combined file. */
struct find {
	char *chain_path;
	char *key_path;
};

/** Zero-initialise. */
struct finds {
	struct find *item;
	size_t count;
	size_t capacity;
};

/**
 * Append a find.
 *
 * @param chain_path, key_path  taken over, also on error; NULL stands for a path that there was no memory for
 * @return ERR_OK, ERR_NO_MEMORY (the list is as before)
 */
enum err finds_put(struct finds *finds, char *chain_path, char *key_path);

/** Sort by chain_path. */
void finds_sort(struct finds *finds);

/** Tell whether a sorted list has a chain_path. */
bool finds_has(const struct finds *finds, const char *chain_path);

/** Take one find off the list; the last one takes its place. */
void finds_remove(struct finds *finds, size_t at);

/** Free all finds but the first so many. */
void finds_cut(struct finds *finds, size_t count);

/** Free every find and leave an empty list. */
void finds_free(struct finds *finds);

#endif
