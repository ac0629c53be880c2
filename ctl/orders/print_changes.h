/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_PRINT_CHANGES_H
#define CTL_ORDERS_PRINT_CHANGES_H

/**
 * What an order changed, the TXT records to publish for it, and what is left to do.
 *
 * Both return ERR_OK, ERR_SYNTAX (the reply is not what the API promises), ERR_NO_MEMORY.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/cli/print.h"

/** Print the reply of "none", "testing", "enforce", "reset" or "undo". */
enum err print_changes(const struct print_view *view, json_t *reply);

/**
 * Print changes that are part of another reply.
 *
 * @param changes  an array
 * @param dry_run  whether they were only worked out
 * @param audit  the entry of the order that may be taken back; 0: there is none
 */
enum err print_changes_with(const struct print_view *view, const json_t *changes, bool dry_run,
			    json_int_t audit);

#endif
