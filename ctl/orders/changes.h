/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_CHANGES_H
#define CTL_ORDERS_CHANGES_H

/**
 * What an order or a reload changed, the TXT records to publish for it, and what is left to do.
 *
 * Threads: any.
 */

#include "ctl/orders/summary.h"

/** Print the reply of "none", "testing", "enforce", "reset" or "undo". */
enum err changes_print(const struct print_view *view, json_t *reply);

/**
 * Gather the changes of a reply that has them all.
 *
 * @param[out] summary  freed with summary_free() in any case
 * @return ERR_OK, ERR_SYNTAX (they are not what the API promises), ERR_NO_MEMORY
 */
enum err changes_gather(const struct print_view *view, const json_t *changes, bool dry_run,
			struct summary *summary);

/**
 * Print the part that all such replies have in common: the changes, the records, and what to do then.
 *
 * @param summary  of all changes; its table is empty afterwards
 * @param audit  entry of the order that may be taken back; 0: there is none
 * @param undone  entry that this order took back itself; 0: none
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err changes_print_summary(const struct print_view *view, struct summary *summary, json_int_t audit,
			       json_int_t undone);

#endif
