/* SPDX-License-Identifier: ISC */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

/**
 * How far long work has come, and whether to give it up: an order of very many domains, told domain by
 * domain.
 *
 * Threads: any.
 */

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/**
 * One more domain was worked on; the work goes on only after ERR_OK.
 *
 * @return ERR_OK, ERR_STOPPED (it is to be given up, and what it did taken back)
 */
enum err progress_step(void);

/**
 * Do work that cannot step itself, on a thread of its own, and let others have their turn until it is over, as
 * at steps; none is counted, since nobody knows whether it moves.  Without others, and without memory for a
 * thread, it is simply done.
 *
 * @param work  uses nothing that others may use at their turn
 */
void progress_through(void (*work)(void *context), void *context);

/**
 * Say what to do at each step besides, for others than the work; NULL: nothing.  It must not step itself.
 *
 * Not while work is done.
 */
void progress_turn_to(void (*turn)(void *context), void *context);

/** How often progress_step() was called: it has not moved while nothing was worked on, or while work hangs.
 */
uint64_t progress_steps(void);

/**
 * Have all work given up at its next step, also what begins later; or no more.  What is being committed by
 * then is done, and visible.
 */
void progress_stop(bool stop);

/** Tell whether all work is to be given up. */
bool progress_is_stopped(void);

#endif
