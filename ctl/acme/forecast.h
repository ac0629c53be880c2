/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_FORECAST_H
#define CTL_ACME_FORECAST_H

/**
 * "cert obtain --due --dry-run": of each domain when its certificate would be ordered and why.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/view.h"

/** Print it and change nothing.  Returns RUN_DONE, RUN_NOT_DONE (said why). */
enum run_status forecast_run(const struct run_view *view);

#endif
