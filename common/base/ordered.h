/* SPDX-License-Identifier: ISC */
#ifndef BASE_ORDERED_H
#define BASE_ORDERED_H

/**
 * A set of objects that are found by name and walked in the order of their names, from any name on; what one
 * of them costs hardly depends on how many there are.
 *
 * The objects are the caller's, and each begins with a pointer to its name, "const char *", which does not
 * change while it is in a set.
 *
 * Threads: any number that only look, or one that changes it.
 */

#include "base/err.h"

#include <stddef.h>

struct ordered_block;

/** Zero-initialise. */
struct ordered {
	struct ordered_block **block; /* in order, none of them empty */
	size_t count;
	size_t capacity;
	size_t objects; /**< how many there are */
};

/** The object of a name, or NULL. */
void *ordered_find(const struct ordered *ordered, const char *name);

/**
 * The first object whose name comes behind a name by strcmp(), whether that is in the set or not; NULL: there
 * is none.
 *
 * @param name  NULL: the first of all
 */
void *ordered_after(const struct ordered *ordered, const char *name);

/**
 * Add an object whose name is not in the set.
 *
 * @return ERR_OK, ERR_NO_MEMORY (the set is as before)
 */
enum err ordered_add(struct ordered *ordered, void *object);

/** Take an object out; the one that is returned, or NULL when there is none of the name.  Cannot fail. */
void *ordered_remove(struct ordered *ordered, const char *name);

/** Call with every object in order, until it returns something else than ERR_OK; returns that.  It may change
 * the objects and not the set. */
enum err ordered_each(const struct ordered *ordered, enum err (*each)(void *context, void *object),
		      void *context);

/** Call with every object, and leave an empty set. */
void ordered_clear(struct ordered *ordered, void (*release)(void *object));

#endif
