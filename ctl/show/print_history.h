/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_PRINT_HISTORY_H
#define CTL_SHOW_PRINT_HISTORY_H

/**
 * Every policy a domain ever had.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/cli/print.h"

/**
 * Print the reply of "history".
 *
 * @return ERR_OK, ERR_SYNTAX (the reply is not what the API promises), ERR_NO_MEMORY
 */
enum err print_history(const struct print_view *view, json_t *reply);

#endif
