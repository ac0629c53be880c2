/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_METRICS_H
#define CTL_SHOW_METRICS_H

/**
 * The command "metrics": every number there is, for a program that monitors.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/view.h"

/** Print the lines as they came.  ERR_SYNTAX: it is no text, or not made of whole lines of visible ASCII. */
enum err metrics_print(const struct print_view *view, json_t *reply);

/**
 * Print what the daemon tells Prometheus; it has a form of its own, and --json is refused.
 *
 * @return RUN_DONE, RUN_NOT_DONE, RUN_USAGE
 */
enum run_status metrics_run(const struct run_view *view);

#endif
