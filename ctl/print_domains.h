/* SPDX-License-Identifier: ISC */
#ifndef CTL_PRINT_DOMAINS_H
#define CTL_PRINT_DOMAINS_H

/**
 * Domains as they are published: many in a table, or one with all there is to say.
 *
 * Both return ERR_OK, ERR_SYNTAX (the reply is not what the API promises), ERR_NO_MEMORY.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/print.h"

/** Print the reply of "list". */
enum err print_domains_list(const struct print_view *view, json_t *reply);

/** Print the reply of "show". */
enum err print_domains_show(const struct print_view *view, json_t *reply);

#endif
