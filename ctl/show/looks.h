/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_LOOKS_H
#define CTL_SHOW_LOOKS_H

/**
 * Looks at the TXT records of domains in DNS, which the daemon is told of.
 *
 * Each returns RUN_DONE, or complains and returns RUN_NOT_DONE or RUN_USAGE.
 *
 * Threads: the main thread only; it looks from threads of its own.
 */

#include "ctl/cli/view.h"
#include "ctl/dns/look.h"

/** Most domains that the daemon is told of at once. */
#define LOOKS_MAX ((size_t)500)

/**
 * Get the domains that the command line chooses.
 *
 * @param[out] domains  freed with names_free(), whatever is returned
 */
enum run_status looks_select(const struct run_view *view, struct names *domains);

/**
 * Look at the name servers of domains as --resolver tells them, and tell the daemon.
 *
 * A domain of which nothing is seen is no failure: the daemon is told of that, too.
 *
 * @param looks  array to which the daemon's answers are appended in the order of the domains, one for each
 * that it still knows: objects with "domain", "id", "dns" and "retirement", for reply_look()
 */
enum run_status looks_gather(const struct run_view *view, const struct names *domains, json_t *looks);

#endif
