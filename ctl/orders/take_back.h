/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_TAKE_BACK_H
#define CTL_ORDERS_TAKE_BACK_H

/**
 * The command "undo".
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/view.h"

/**
 * Take back the order whose entry is named, or else the newest.
 *
 * If the newest is an undo itself, it is not taken for what was meant: that would do again what was just
 * taken back, where somebody who undoes twice wants to go further back.
 *
 * @return as run_usual(), and RUN_NOT_DONE when that was refused (said)
 */
enum run_status take_back_run(const struct run_view *view);

#endif
