/* SPDX-License-Identifier: ISC */
#ifndef BASE_ORDERED_H
#define BASE_ORDERED_H

/**
 * A set of objects that are found by name and walked in the order of their names, from any name on; what one
 * of them costs hardly depends on how many there are.
 *
 * The objects are the caller's, and each has its name in it, which does not change while it is in a set.
 * Objects may bear marks: how many bear one is known, and those that do are found without a look at most of
 * the others.
 *
 * Threads: any number that only look, or one that changes it.  What workers look at while marks are changed
 * is the names alone.
 */

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How many different marks an object may bear. */
#define ORDERED_MARKS 16

struct ordered_block;

/** Zero-initialise, and say where in an object its name is. */
struct ordered {
	size_t name_at;  /**< of its first character, bytes */
	size_t marks_at; /**< of its marks, an uint16_t; bit N: it bears mark N; ordered_mark() alone changes
			    it once it is in a set */
	bool marked;     /**< whether it has any */
	struct ordered_block **block; /* in order, none of them empty */
	size_t count;
	size_t capacity;
	size_t objects;             /**< how many there are */
	size_t bear[ORDERED_MARKS]; /**< how many bear each mark */
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

/** Have an object of a set that has marks bear these and no others.  Cannot fail. */
void ordered_mark(struct ordered *ordered, void *object, uint16_t marks);

/** As ordered_after(), of those objects alone that bear a mark. */
void *ordered_after_marked(const struct ordered *ordered, const char *name, unsigned mark);

/** Call with every object, and leave an empty set. */
void ordered_clear(struct ordered *ordered, void (*release)(void *object));

#endif
