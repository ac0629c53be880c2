/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_NAMED_H
#define CTL_ACME_NAMED_H

/**
 * "cert obtain" with domains that are named: each of them is ordered now, whether it is due or not.
 *
 * Each order is in the ledger before the authority hears of it, like those of a round.  One that a limit of
 * the authority would have refused is not sent, and it is said until when; there is no way around that, since
 * a refusal may cost more than the wait.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/view.h"

/** Obtain them.  Returns as obtain_run(). */
enum run_status named_run(const struct run_view *view);

#endif
