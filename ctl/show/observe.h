/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_OBSERVE_H
#define CTL_SHOW_OBSERVE_H

/**
 * Looking at the TXT records of domains in DNS, and telling the daemon what was seen.
 *
 * Each returns RUN_DONE, or complains and returns RUN_NOT_DONE or RUN_USAGE.
 *
 * Threads: the main thread only; it looks from threads of its own.
 */

#include "base/names.h"
#include "ctl/cli/view.h"

#include <jansson.h>

/**
 * Get the domains that the command line chooses.
 *
 * @param[out] domains  freed with names_free(), whatever is returned
 */
enum run_status observe_select(const struct run_view *view, struct names *domains);

/**
 * Look at the name servers of domains as --resolver tells them, and report to the daemon.
 *
 * A domain of which nothing is seen is no failure: that is reported, too.
 *
 * @param seen  array to which the daemon's answers are appended in the order of the domains, one for each
 * that it still knows: objects with "domain", "id", "dns" and "retirement", for seen_read()
 */
enum run_status observe_domains(const struct run_view *view, const struct names *domains, json_t *seen);

#endif
