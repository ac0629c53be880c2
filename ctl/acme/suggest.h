/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_SUGGEST_H
#define CTL_ACME_SUGGEST_H

/**
 * When the authority suggests to renew the certificates of an inventory: what it said is read before it is
 * decided what is due, and it is asked again when the orders of a round are done.
 *
 * Nothing of that keeps an order, or fails a round.
 *
 * Threads: the main thread only.
 */

#include "ctl/acme/advice.h"
#include "ctl/acme/inventory.h"
#include "ctl/acme/obtain_private.h"

/**
 * Read what is kept, and hand it to the inventory, whose windows it owns.
 *
 * @param folder  of the account
 * @param directory  URL of the authority's
 * @param[out] advice  begun with nothing, lends ids of the inventory; freed with advice_free()
 * @return RUN_DONE, RUN_NOT_DONE (said why)
 */
enum run_status suggest_read(const struct run_view *view, const char *folder, const char *directory,
			     struct inventory *inventory, struct advice *advice);

/**
 * Ask about the certificates whose turn it is, if there is an account at the authority, and keep what it
 * says; what goes wrong is printed.
 *
 * @param obtaining  whose account is locked; if the authority was asked for its directory, it is not again
 */
void suggest_ask(const struct obtaining *obtaining, struct advice *advice);

#endif
