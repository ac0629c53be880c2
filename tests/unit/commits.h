/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_COMMITS_H
#define TESTS_UNIT_COMMITS_H

/**
 * Commits that fail when the test says so.
 *
 * Link with -Wl,--wrap= of store_commit, store_made_room, store_is_doubtful and store_reopen.
 *
 * Threads: the test's.
 */

#include "store/store.h"

#include <stdbool.h>

/**
 * What the next commits end in, each once; ERR_OK is done in earnest, anything else writes nothing.  After
 * ERR_UNKNOWN the store is doubtful until it is opened again.
 */
extern enum err commits_fault[2];

/** Write the next commit down all the same, although it says ERR_UNKNOWN. */
extern bool commits_written;

/** Whether store_made_room() says so, once. */
extern bool commits_room;

/** Called before each commit, unless NULL. */
extern void (*commits_before)(void);

/** How many there were. */
extern unsigned commits_count;

/** Let all go well again, and count from 0. */
void commits_reset(void);

#endif
