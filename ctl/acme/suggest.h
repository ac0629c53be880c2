/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_SUGGEST_H
#define CTL_ACME_SUGGEST_H

/**
 * When authorities suggest to renew the certificates of an inventory: what they said is read before it is
 * decided what is due, and they are asked again when the orders of a round are done.
 *
 * Nothing of that keeps an order, or fails a round.
 *
 * Threads: the main thread only.
 */

#include "ctl/acme/inventory.h"
#include "ctl/acme/obtain_private.h"

/**
 * Read what is kept, and hand it to the inventory, whose windows it owns.
 *
 * @param folder  of the account
 * @param all  whose advice is begun with nothing, and lends ids of the inventory
 * @return RUN_DONE, RUN_NOT_DONE (said why)
 */
enum run_status suggest_read(const struct run_view *view, const char *folder, struct authorities *all,
			     struct inventory *inventory);

/**
 * Ask each authority about those of its certificates whose turn it is, if there is an account at it, and keep
 * what it says; what goes wrong is printed.
 *
 * @param obtaining  whose account is locked; an authority that was asked for its directory is not asked for
 * it again, and one that is silent is not asked
 */
void suggest_ask(struct obtaining *obtaining);

#endif
