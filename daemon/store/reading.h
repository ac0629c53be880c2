/* SPDX-License-Identifier: ISC */
#ifndef STORE_READING_H
#define STORE_READING_H

/**
 * Many small questions to the store answered together: as of one moment, and at a fraction of what each costs
 * by itself.
 *
 * Threads: the clerk's.
 */

#include "store/store.h"

/**
 * Let what is read from now on be read together.  Nothing is written meanwhile: what was begun is ended
 * before store_begin().  Where it cannot be done, each question stands by itself.
 */
void reading_begin(struct store *store);

/** End it; does nothing when it was not begun. */
void reading_end(struct store *store);

#endif
