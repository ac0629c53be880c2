/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_RUN_DNS_H
#define CTL_SHOW_RUN_DNS_H

/**
 * The command "dns": whether the TXT records are at every name server.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/view.h"

/**
 * Look at each selected domain at all its name servers, tell the daemon, and print what follows.
 *
 * @return RUN_DONE (all are right, or there is nothing to look for), RUN_NOT_DONE (one is not, or it could
 * not be found out: then that was printed), RUN_USAGE
 */
enum run_status run_dns(const struct run_view *view);

#endif
