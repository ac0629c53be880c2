/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_OBTAIN_H
#define CTL_ACME_OBTAIN_H

/**
 * The command "cert obtain": a certificate from an authority for each domain, by way of uacme(1), for a key
 * that the daemon makes and keeps.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/view.h"

/**
 * Obtain a certificate for each domain that is named, or with --due for each that is due (ctl/acme/round.h),
 * one after the other.
 *
 * Whatever fails for a domain leaves what is installed as it is, and the others have their turn.
 *
 * @return RUN_DONE (all of them), RUN_NOT_DONE (none, or not all: it is printed which), RUN_USAGE,
 * RUN_UNKNOWN (of one it is not known)
 */
enum run_status obtain_run(const struct run_view *view);

#endif
