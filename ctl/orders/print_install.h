/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_PRINT_INSTALL_H
#define CTL_ORDERS_PRINT_INSTALL_H

/**
 * The reply to "cert install".
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/cli/print.h"

#include <jansson.h>

/**
 * Print what was installed, what it is good for, what it replaced, and what to do next.
 *
 * @return ERR_OK, ERR_SYNTAX (the reply is not what the API promises), ERR_NO_MEMORY
 */
enum err print_install(const struct print_view *view, json_t *reply);

#endif
