/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_FORGET_H
#define CTL_ORDERS_FORGET_H

/**
 * The command "forget": what was forgotten, and what to take away now.
 *
 * Threads: any.
 */

#include "ctl/cli/view.h"

/** Print the reply of "forget". */
enum err forget_print(const struct print_view *view, json_t *reply);

#endif
