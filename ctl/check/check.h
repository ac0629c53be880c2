/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_CHECK_H
#define CTL_CHECK_CHECK_H

/**
 * The command "check": whether the world sees a domain as it has to for mode enforce.
 *
 * Threads: the main thread only; the checks run in threads of their own.
 */

#include "ctl/cli/view.h"

/**
 * Check each selected domain: its MX, its names in DNS, and its policy host as senders reach it.
 *
 * @return RUN_DONE (no errors among what was found), RUN_NOT_DONE (there are, or it could not be found out:
 *         then that was printed), RUN_USAGE
 */
enum run_status check_run(const struct run_view *view);

#endif
