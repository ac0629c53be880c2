/* SPDX-License-Identifier: ISC */
#ifndef STORE_READING_H
#define STORE_READING_H

/**
 * Many small questions to the store answered together, as of one moment, and at a fraction of what each costs
 * by itself; and questions answered in the middle of an order.
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

/**
 * Step aside, in the middle of whatever is done with the store: from now on what is read is as of the last
 * commit, though a transaction may be open, and nothing is written nor looked at for harm.
 *
 * @return whether it is so; otherwise all is as before
 */
bool reading_step_aside(struct store *store);

/** Tell whether somebody has stepped aside. */
bool reading_is_aside(const struct store *store);

/** Go on with what was being done. */
void reading_step_back(struct store *store);

/**
 * Before the commit of a transaction: have what is read aside stay as of the commit before, until memory has
 * what this one brings.  Where it takes long, because much is written, others have their turn meanwhile; of a
 * small one nothing is held.
 */
void reading_hold(struct store *store);

/** Have what is read aside be as of the last commit again; does nothing when it is. */
void reading_let_go(struct store *store);

#endif
