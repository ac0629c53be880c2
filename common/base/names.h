/* SPDX-License-Identifier: ISC */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

/**
 * A list of strings that owns its members.
 *
 * Threads: any, one object a thread.
 */

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/** Zero-initialise; item[0 .. count - 1] are never NULL. */
struct names {
	char **item;
	size_t count;
	size_t capacity;
};

/**
 * Append a copy of a name.
 *
 * @return ERR_OK, ERR_NO_MEMORY (the list is as before)
 */
enum err names_put(struct names *names, const char *name);

/** Sort by strcmp() and drop repetitions. */
void names_sort(struct names *names);

/** Tell whether a name is in the list, by a linear search. */
bool names_has(const struct names *names, const char *name);

/** Tell whether a name is in a list that is sorted. */
bool names_has_sorted(const struct names *names, const char *name);

/** Free every member and leave an empty list. */
void names_free(struct names *names);

#endif
