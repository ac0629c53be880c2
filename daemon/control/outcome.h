/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_OUTCOME_H
#define CONTROL_OUTCOME_H

/**
 * The answer to an order on domains, written piece by piece as its client takes it: what it begins with says
 * whether the order was done, and a row says what it did to a domain.  It is durable and visible before the
 * first byte is written.
 *
 * What the order did is told as it was done, whatever later orders do to the same domains while the answer is
 * read; what else a row has is true when it is written.  The answer holds the changes until then, some
 * hundred bytes a domain, which count as answer.held.
 *
 * Threads: the clerk's.
 */

#include "control/control.h"
#include "evidence/forget.h"

/**
 * Answer with what an order changed of domains.
 *
 * @param changes  of an order that has ended; taken over
 * @param undone  number of the entry that an undo took back; 0: it is another order
 */
void outcome_of_changes(const struct host *host, struct changes **changes, bool dry_run, int64_t undone,
			struct answer *answer);

/** Answer with what is forgotten; both are taken over. */
void outcome_of_forget(const struct host *host, struct changes **changes, struct forgotten_list *list,
		       bool dry_run, struct answer *answer);

/** Answer with what a reload did, and what was published by it; taken over. */
void outcome_of_reload(const struct host *host, struct changes **changes, struct answer *answer);

#endif
