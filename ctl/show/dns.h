/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_DNS_H
#define CTL_SHOW_DNS_H

/**
 * What is said of DNS, and the command "dns": whether the TXT records are at every name server, and what
 * follows from it.
 *
 * Threads: the main thread only.
 */

#include "api/shape_domain.h"
#include "base/text.h"
#include "ctl/cli/view.h"

/** Tell whether the published id is right at every name server. */
bool dns_is_right(const struct api_look *look);

/** Tell whether somebody should act on what a server said, or on where it is named. */
bool dns_is_finding(const struct api_server *server);

/** Append a server in words, "ns1.example (192.0.2.1): old id: v=STSv1; id=1;".  Returns ERR_OK,
 * ERR_NO_MEMORY. */
enum err dns_say_server(const struct api_server *server, struct text *out);

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
