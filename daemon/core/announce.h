/* SPDX-License-Identifier: ISC */
#ifndef CORE_ANNOUNCE_H
#define CORE_ANNOUNCE_H

/**
 * Say in the log what was published of which domain, one event a domain.
 *
 * Threads: the main thread.
 */

#include "core/plan.h"

#include <stdbool.h>
#include <stdint.h>

/** Of more domains than this at once the rest is in the audit trail only. */
#define ANNOUNCE_DOMAINS 20

/** What brought it about. */
struct announce {
	const char *what; /**< "none", "reset", "undo", "published" */
	const char *who;
	int64_t uid; /**< -1: nobody in particular */
	const char *reason;
	bool only_published; /**< leave out domains whose policy stays as it was */
};

/** Log the changes of a plan that was committed. */
void announce_changes(const struct plan *plan, const struct announce *announce);

#endif
