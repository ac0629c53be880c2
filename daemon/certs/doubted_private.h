/* SPDX-License-Identifier: ISC */
#ifndef CERTS_DOUBTED_PRIVATE_H
#define CERTS_DOUBTED_PRIVATE_H

/**
 * Which pairs of a catalogue are used, known without asking for each: when a pair comes, goes or turns, those
 * that have a name with it are doubted, and judged anew by catalogue_judge().
 *
 * Threads: the one that changes the catalogue.
 */

#include "certs/catalogue_private.h"

/** What is not valid nobody takes, and what is doubtful some do not. */
enum rank { RANK_INVALID = 1, RANK_DOUBTFUL, RANK_BEST };

/** How good a pair is at a time, whatever others there are. */
enum rank pair_rank(const struct pair *pair, time_t now);

/** Doubt a pair of the catalogue and those that have a name with it. */
void doubted_sharers(struct catalogue *catalogue, struct catalogue_entry *entry);

/** Doubt a pair no more. */
void doubted_remove(struct catalogue *catalogue, struct catalogue_entry *entry);

#endif
