/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_CREW_H
#define CTL_CLI_CREW_H

/**
 * Many pieces of work that mostly wait for the network, a few of them at a time.
 *
 * Threads: any; the work runs in threads of its own and in the caller's.
 */

#include <stddef.h>

/** How many pieces are done at once. */
#define CREW_SIZE 8

/**
 * Do pieces 0 .. count - 1, each once, and return when all are done.
 *
 * Without threads to be had they are done one after the other.
 */
void crew_run(size_t count, void (*work)(void *context, size_t index), void *context);

#endif
