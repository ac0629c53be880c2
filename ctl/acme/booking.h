/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_BOOKING_H
#define CTL_ACME_BOOKING_H

/**
 * How orders are entered in the ledger of their authority, and what is said when they cannot be.
 *
 * Threads: the main thread only.
 */

#include "ctl/acme/account.h"
#include "ctl/acme/ledger_file.h"
#include "ctl/acme/obtained.h"

/** What an order was entered as when it ended. */
struct booked {
	enum entry_what what; /**< 0: it has not ended, since its chain is kept for the next run */
	bool is_unheard; /**< it failed before the authority said why, or for a reason that is of all orders
			  */
};

/**
 * Say what is wrong with a ledger.
 *
 * @param err  what ctl/acme/ledger_file.h returned, with errno as it was then
 * @param doing  "read" or "written"
 * @param complaints  freed
 * @return RUN_DONE (nothing is), RUN_NOT_DONE
 */
enum run_status booking_say(const struct run_view *view, enum err err, const char *doing,
			    struct complaints *complaints);

/**
 * Open the ledger of an authority, and say why where that fails.
 *
 * @param account  that is locked
 * @param[out] file  closed with ledger_file_close() in any case
 * @return RUN_DONE, RUN_NOT_DONE
 */
enum run_status booking_open(const struct run_view *view, const struct account *account,
			     const char *directory, struct ledger_file *file);

/**
 * Enter how an order ended.
 *
 * @param order  its entry
 * @return ERR_OK, ERR_IO (the ledger cannot be written; errno tells why), ERR_NO_MEMORY
 */
enum err booking_end(struct ledger_file *file, const struct entry *order, const struct obtained *item,
		     struct booked *booked);

#endif
