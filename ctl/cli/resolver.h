/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_RESOLVER_H
#define CTL_CLI_RESOLVER_H

/**
 * Whom to ask about DNS, as the command line has it.
 *
 * Threads: any.
 */

#include "ctl/cli/view.h"
#include "ctl/dns/ask.h"

/** The way to ask: --resolver, else those of resolv.conf(5). */
struct ask_way resolver_way(const struct run_view *view);

/** Complain that --resolver is no address, which ask_all() says with ERR_SYNTAX; returns RUN_USAGE. */
enum run_status resolver_complain(const struct run_view *view);

#endif
