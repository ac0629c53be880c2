/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_PRINT_STATUS_H
#define CTL_SHOW_PRINT_STATUS_H

/**
 * How the daemon is, and the one thing to do next.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/cli/print.h"

/**
 * Print the reply of "status".
 *
 * @return ERR_OK, ERR_SYNTAX (the reply is not what the API promises), ERR_NO_MEMORY
 */
enum err print_status(const struct print_view *view, json_t *reply);

#endif
