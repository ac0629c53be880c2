/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_ENFORCE_H
#define CTL_ORDERS_ENFORCE_H

/**
 * The command "enforce", with a guard before it: mode enforce makes senders refuse to deliver to an MX that
 * no mx line covers.
 *
 * Threads: the main thread only; the questions are asked in threads of their own.
 */

#include "ctl/cli/view.h"

/**
 * Switch to mode enforce, unless an MX of one of the domains is not covered or they cannot be looked up; with
 * --force switch in any case.
 *
 * The policies that are compared are those that the daemon says it would publish, and the order names their
 * domains and no others.  With --dry-run the guard says what it found and the dry run is printed all the
 * same.
 *
 * @return as run_usual(); RUN_NOT_DONE (the guard said no, and nothing was sent; or would have said no; or
 *         another policy was published than was checked, complained about), RUN_USAGE
 */
enum run_status enforce_run(const struct run_view *view);

#endif
