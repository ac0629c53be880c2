/* SPDX-License-Identifier: ISC */
#ifndef BASE_ALLOCATION_H
#define BASE_ALLOCATION_H

/**
 * Memory for arrays that grow, and for a library that takes allocating functions and passes over some of
 * their failures: where Jansson's parser is refused memory it leaves a byte of a text out, and goes on.
 *
 * Threads: any; each has its own answer.
 */

#include <stdbool.h>
#include <stddef.h>

/**
 * Make room for one more member of an array.
 *
 * @param count  members that are there
 * @param[in,out] capacity  members that there is room for
 * @param size  of a member, bytes
 * @return the array, which may have moved; NULL without memory, and then it is as before
 */
void *allocation_grow(void *array, size_t count, size_t *capacity, size_t size);

/** malloc(), and remember when it fails. */
void *allocation_make(size_t size);

/** Tell whether one has failed since this was last asked. */
bool allocation_was_refused(void);

#endif
