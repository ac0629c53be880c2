/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_INDEX_H
#define CONFIG_INDEX_H

/**
 * All places at which files name domains, by name.  A newer index is made of an older one and of what came
 * and went; it shares all that stands between, and both go on to be good for themselves.
 *
 * The places of one name come by file and line.
 *
 * Threads: any, one object a thread while it is made; read-only afterwards, and those that share are freed by
 * one thread.
 */

#include "config/said.h"

struct index_block;

/** Zero-initialise. */
struct index {
	struct index_block **block; /* in order, none of them empty */
	size_t count;
	size_t capacity;
	size_t places; /**< how many there are; a name that is named twice has two */
};

/** Where a walk stands. */
struct index_place {
	const struct index *index;
	size_t block;
	size_t at;
};

/** Places to put in or to take out; zero-initialise. */
struct places {
	const struct configured **item;
	size_t count;
	size_t capacity;
};

/** Append all places of a file.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err places_put(struct places *places, const struct said *said);

/** Bring them into the order of an index. */
void places_sort(struct places *places);

/** Free the list. */
void places_free(struct places *places);

/**
 * Make a new index of an older one.
 *
 * @param before  lent for this call
 * @param out  sorted; each of them is in the older one
 * @param in  sorted; none of them is
 * @param index  an empty one; freed with index_free(), also after an error
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err index_make(const struct index *before, const struct places *out, const struct places *in,
		    struct index *index);

/** The place that a walk stands at, or NULL behind the last one. */
const struct configured *index_at(const struct index_place *place);

/** Begin a walk at the first place of all. */
struct index_place index_first(const struct index *index);

/** Begin one at the first place of a name, or of the next one when it is not there. */
struct index_place index_find(const struct index *index, const char *domain);

/** Go to the next place. */
void index_next(struct index_place *place);

/** Free it and what it does not share. */
void index_free(struct index *index);

#endif
