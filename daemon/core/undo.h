/* SPDX-License-Identifier: ISC */
#ifndef CORE_UNDO_H
#define CORE_UNDO_H

/**
 * Takes an order back: publishes again what was published before it, as new revisions with new ids.
 *
 * Threads: the clerk's.
 */

#include "core/order.h"

/**
 * Take an order back, as order_run() does: for all of its domains or for none.
 *
 * Each domain gets the text and the switch back that it had before.  Refused when the entry is no order, or
 * something newer stands in the way: a later order or reload that changed one of the domains, or a file that
 * says something else by now.  An undo is an order itself, and can be taken back.
 *
 * @param[in,out] entry  number of the audit entry to take back, 0: the last one; on success the one that was
 * @param complaints  why it is refused
 * @param[out] changes  what changed, or would change, one entry per domain; freed with changes_free()
 * @return as order_run(), and ERR_NOT_FOUND (no such entry; with entry 0: there is no order yet), ERR_REFUSED
 * (complained about)
 */
enum err undo_run(struct registry *registry, struct store *store, const struct order *order, int64_t *entry,
		  struct complaints *complaints, struct changes **changes);

#endif
