/* SPDX-License-Identifier: ISC */
#ifndef BASE_ALLOCATION_H
#define BASE_ALLOCATION_H

/**
 * Memory for a library that takes allocating functions and passes over some of their failures.
 *
 * Jansson is one: where its parser is refused memory it leaves a byte of a text out, and goes on.
 *
 * Threads: any; each has its own answer.
 */

#include <stdbool.h>
#include <stddef.h>

/** malloc(), and remember when it fails. */
void *allocation_make(size_t size);

/** Tell whether one has failed since this was last asked. */
bool allocation_was_refused(void);

#endif
