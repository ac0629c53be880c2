/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_WAIT_H
#define CTL_SHOW_WAIT_H

/**
 * The command "wait": look at DNS again and again until domains have come so far.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/view.h"

/** Print a line for each domain of what was seen, gathered as "domains". */
enum err wait_print(const struct print_view *view, json_t *reply);

/**
 * Wait until the record of each domain is right at all its name servers, or until each is safe to remove.
 *
 * A round in which DNS cannot be asked is followed by the next one.
 *
 * @return RUN_DONE, RUN_NOT_DONE (not in time, or a domain is not being retired, or the daemon cannot be
 * asked; complained about), RUN_USAGE
 */
enum run_status wait_run(const struct run_view *view);

#endif
