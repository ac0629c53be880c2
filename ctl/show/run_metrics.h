/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_RUN_METRICS_H
#define CTL_SHOW_RUN_METRICS_H

/**
 * The command "metrics": every number there is, for a program that monitors.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/view.h"

/**
 * Print what the daemon tells Prometheus; it has a form of its own, and --json is refused.
 *
 * @return RUN_DONE, RUN_NOT_DONE, RUN_USAGE
 */
enum run_status run_metrics(const struct run_view *view);

#endif
