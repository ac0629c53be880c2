/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_CHANGES_H
#define CTL_ORDERS_CHANGES_H

/**
 * What an order or a reload changed, the TXT records to publish for it, and what is left to do.
 *
 * Threads: any.
 */

#include "ctl/cli/view.h"

/** Print the reply of "none", "testing", "enforce", "reset" or "undo". */
enum err changes_print(const struct print_view *view, json_t *reply);

/**
 * Print the reply of "reload".
 *
 * @return ERR_OK, ERR_SYNTAX (the reply is not what the API promises), ERR_NO_MEMORY, ERR_REFUSED (printed;
 *         there are errors among the complaints)
 */
enum err changes_print_reload(const struct print_view *view, json_t *reply);

#endif
