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
 * Print the part that all such replies have in common: the changes, the records, and what to do then.
 *
 * @param audit  entry of the order that may be taken back; 0: there is none
 * @param undone  entry that this order took back itself; 0: none
 */
enum err changes_print_part(const struct print_view *view, const json_t *changes, bool dry_run,
			    json_int_t audit, json_int_t undone);

#endif
