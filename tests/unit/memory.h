/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_MEMORY_H
#define TESTS_UNIT_MEMORY_H

/**
 * Memory that runs out when the test says so, for our own code alone: libraries allocate as always.
 *
 * Link with WRAP_MEMORY: -Wl,--wrap= of malloc, calloc, realloc, reallocarray, strdup, strndup, asprintf and
 * vasprintf.
 *
 * Threads: one.
 */

#include <stdbool.h>
#include <stddef.h>

/** Let so many allocations succeed and the next one fail. */
void memory_fail_after(size_t allocations);

/** Let all succeed again; returns whether one has failed. */
bool memory_restore(void);

#endif
