/* SPDX-License-Identifier: ISC */
#ifndef CORE_UNDO_H
#define CORE_UNDO_H

/**
 * Takes an order back: publishes again what was published before it, as new revisions with new ids.
 *
 * Threads: the main thread.
 */

#include "base/complaints.h"
#include "base/err.h"
#include "core/plan.h"
#include "core/registry.h"

#include <stdbool.h>
#include <stdint.h>

struct undo {
	int64_t entry;      /**< number of the audit entry to take back; 0: the last one */
	bool dry_run;       /**< only work out what would change */
	int64_t uid;        /**< who orders it */
	const char *who;    /**< the same in words */
	const char *reason; /**< the operator's words, or "" */
};

/**
 * Take an order back, durably and at once: for all of its domains or for none.
 *
 * Each domain gets the text and the switch back that it had before.  Refused when the entry is no order, or
 * something newer stands in the way: a later order or reload that changed one of the domains, or a file that
 * says something else by now.  An undo is an order itself, and can be taken back.
 *
 * @param complaints  why it is refused
 * @param[out] undone  number of the entry that was taken back
 * @param[out] plan  what changed, or would change, one entry a domain; freed with plan_free()
 * @return ERR_OK, ERR_NOT_FOUND (no such entry; with entry 0: there is no order yet), ERR_REFUSED (complained
 * about), ERR_STORE (nothing changed), ERR_UNKNOWN (disk failed in between), ERR_NO_MEMORY
 */
enum err undo_run(struct registry *registry, struct store *store, const struct undo *undo,
		  struct complaints *complaints, int64_t *undone, struct plan **plan);

#endif
