/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_PRINT_DNS_H
#define CTL_SHOW_PRINT_DNS_H

/**
 * What the name servers of domains show, and what follows from it.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/cli/print.h"

/**
 * Print what was seen, gathered as "domains": a line a domain, below it one for each server that is not
 * right, and the next step of each state of retirement.
 *
 * @return ERR_OK, ERR_REFUSED (printed; not every domain is right), ERR_SYNTAX (the reply is not what the API
 *         promises), ERR_NO_MEMORY
 */
enum err print_dns(const struct print_view *view, json_t *reply);

#endif
