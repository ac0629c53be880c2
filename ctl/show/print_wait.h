/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_PRINT_WAIT_H
#define CTL_SHOW_PRINT_WAIT_H

/**
 * How far the domains have come that were waited for.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/cli/print.h"

/**
 * Print a line for each domain of what was seen, gathered as "domains".
 *
 * @return ERR_OK, ERR_SYNTAX (the reply is not what the API promises)
 */
enum err print_wait(const struct print_view *view, json_t *reply);

#endif
