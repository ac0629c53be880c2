/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_PRINT_DOMAINS_H
#define CTL_SHOW_PRINT_DOMAINS_H

/**
 * Domains as they are published, in a table.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/cli/print.h"

/**
 * Print the reply of "list".
 *
 * @return ERR_OK, ERR_SYNTAX (the reply is not what the API promises), ERR_NO_MEMORY
 */
enum err print_domains(const struct print_view *view, json_t *reply);

#endif
