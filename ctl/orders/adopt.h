/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_ADOPT_H
#define CTL_ORDERS_ADOPT_H

/**
 * Domains move in from another host: see what senders see, hand it to the daemon, write the policy files.
 *
 * Threads: the main thread only; it looks from threads of its own.
 */

#include "ctl/cli/view.h"

/**
 * Run "adopt": look only, unless --into says where the files go.
 *
 * The daemon is told first, then the files are written, then it is for the operator to reload: whenever it
 * ends in between, what is served is what was told, and it can be repeated.
 */
enum run_status adopt_run(const struct run_view *view);

#endif
