/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_RELOAD_H
#define CTL_ORDERS_RELOAD_H

/**
 * What a reload did.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/view.h"

/** Print the reply to a reload; ERR_REFUSED when files were refused. */
enum err reload_print(const struct print_view *view, json_t *reply);

#endif
