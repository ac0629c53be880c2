/* SPDX-License-Identifier: ISC */
#ifndef CORE_HOLD_H
#define CORE_HOLD_H

/**
 * How long senders may go on acting on what a domain published before.
 *
 * Threads: the main thread.
 */

#include "base/err.h"
#include "policy/policy.h"
#include "store/store.h"

#include <stdint.h>
#include <time.h>

/**
 * The time after which no sender can hold an older revision, counted from the moment when the id of the
 * published one is visible at every server of the domain.
 *
 * That is the longest hold (policy/retire.h) of all revisions that were replaced so recently that somebody
 * may hold them still, and an hour for clocks that differ.  Whether their successors' ids were ever visible
 * is not known here.
 *
 * @param domain  normalised
 * @param[out] seconds  0 when nobody can hold anything older
 * @return ERR_OK, ERR_STORE (cause logged), ERR_NO_MEMORY
 */
enum err hold_of_older(struct store *store, const char *domain, time_t now, uint32_t *seconds);

/** The same, when one more revision is about to be replaced; seconds is raised if that one is held longer. */
void hold_add(enum mode mode, uint32_t max_age, uint32_t *seconds);

#endif
