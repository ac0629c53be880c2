/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_DNS_H
#define CTL_SHOW_DNS_H

/**
 * The command "dns": whether the TXT records are at every name server, and what follows from it.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/view.h"

/**
 * Print what was seen, gathered as "domains": a line a domain, below it one for each server that is not
 * right, and the next step of each state of retirement.
 *
 * @return ERR_OK, ERR_REFUSED (printed; not every domain is right), ERR_SYNTAX (the reply is not what the API
 *         promises), ERR_NO_MEMORY
 */
enum err dns_print(const struct print_view *view, json_t *reply);

/**
 * Look at each selected domain at all its name servers, tell the daemon, and print what follows.
 *
 * @return RUN_DONE (all are right, or there is nothing to look for), RUN_NOT_DONE (one is not, or it could
 * not be found out: then that was printed), RUN_USAGE
 */
enum run_status dns_run(const struct run_view *view);

#endif
