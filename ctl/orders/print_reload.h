/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_PRINT_RELOAD_H
#define CTL_ORDERS_PRINT_RELOAD_H

/**
 * What a reload found and changed.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/cli/print.h"

/**
 * Print the reply of "reload".
 *
 * @return ERR_OK, ERR_SYNTAX (the reply is not what the API promises), ERR_NO_MEMORY, ERR_REFUSED (printed;
 *         there are errors among the complaints)
 */
enum err print_reload(const struct print_view *view, json_t *reply);

#endif
