/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_PRINT_AUDIT_H
#define CTL_SHOW_PRINT_AUDIT_H

/**
 * Who ordered what, when and why.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/cli/print.h"

/**
 * Print the reply of "audit".
 *
 * @return ERR_OK, ERR_SYNTAX (the reply is not what the API promises), ERR_NO_MEMORY
 */
enum err print_audit(const struct print_view *view, json_t *reply);

#endif
