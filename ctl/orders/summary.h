/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_SUMMARY_H
#define CTL_ORDERS_SUMMARY_H

/**
 * What is to be told of the changes of an order, gathered change by change: of very many of them no more is
 * kept than is printed.
 *
 * Threads: any.
 */

#include "base/names.h"
#include "ctl/cli/table.h"
#include "ctl/cli/view.h"
#include "ctl/orders/file_hint.h"
#include "ctl/show/list.h"
#include "policy/domain.h"

/** Zero-initialise by summary_begin(), freed with summary_free(). */
struct summary {
	bool dry_run;
	bool people;            /**< it is for them, and not for a script */
	char only[DOMAIN_SIZE]; /**< the only domain, while there is no other; "" else */
	size_t count;           /**< of changes */
	size_t changed;
	size_t renewed;           /**< these, and those whose record moved */
	bool moved;               /**< the record of some unchanged domain is at another name */
	size_t held;              /**< unchanged, and a switch holds them so */
	size_t loose;             /**< unchanged, and no switch holds them */
	json_int_t uncovered;     /**< no certificate names the policy host */
	bool switches;            /**< some changed domain is held by a switch */
	bool orphans;             /**< some domain has no file that it could go back to */
	bool becomes[MODE_COUNT]; /**< some changed domain got this mode */
	json_int_t shortest;      /**< the lowest max_age under a day of those that are on; -1: none */
	json_int_t wait;          /**< the longest of the domains that are off now, changed or not */
	bool unknown_before;      /**< a host before this one may have published some of them */
	struct table table;       /**< of those that are shown */
	struct names bare;        /**< the first of those that are uncovered */
	struct list_records records;
	char *records_text; /**< what was written of them, when summary_end() was called */
	size_t records_len;
	json_t *shared; /**< of each shared record, how many other domains it serves */
	struct file_hint hint;
};

/** Begin.  Returns ERR_OK, ERR_NO_MEMORY; freed in any case. */
enum err summary_begin(struct summary *summary, const struct print_view *view, bool dry_run);

/** Take the next change.  Returns ERR_OK, ERR_SYNTAX (it is not what the API promises), ERR_NO_MEMORY. */
enum err summary_take(struct summary *summary, const json_t *row);

/** All have been taken.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err summary_end(struct summary *summary);

/** Free what it holds. */
void summary_free(struct summary *summary);

/** Take the rows of the reply to an order, whose print() finds the summary in view->rows. */
extern const struct print_rows summary_rows;

#endif
