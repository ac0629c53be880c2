/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_ROUND_H
#define CTL_ACME_ROUND_H

/**
 * One round of "cert obtain --due": the certificates that are due, the most urgent first, as far as the
 * authority's limits go.
 *
 * Each order is in the ledger before the authority hears of it, and its end before the next one begins.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/view.h"

/** So long a round waits at most for limits that end, and begins orders, seconds. */
#define ROUND_SECONDS 450

/**
 * Run a round; with --dry-run say of each domain when its certificate would be ordered and why, and change
 * nothing.
 *
 * @return RUN_DONE (nothing is due, all that was ordered is there, or another round is running), RUN_USAGE,
 * RUN_PARTLY (some domains got no certificate: it is printed which), RUN_NOT_DONE (none can be ordered for
 * any: it is printed why), RUN_UNKNOWN (of one it is not known)
 */
enum run_status round_run(const struct run_view *view);

#endif
