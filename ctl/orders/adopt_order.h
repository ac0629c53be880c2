/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_ADOPT_ORDER_H
#define CTL_ORDERS_ADOPT_ORDER_H

/**
 * The order that hands domains over, and whether the daemon would take it.
 *
 * Threads: the main thread only.
 */

#include "ctl/check/former.h"
#include "ctl/cli/run.h"

/** Of so many domains, at least one, how many the daemon takes in one order. */
size_t adopt_order_batch(const struct former *items, size_t count);

/**
 * Make the order for those domains that have no problem, if there are any.
 *
 * @param body  what the command line asks for besides
 * @param count  at most adopt_order_batch()
 * @param[out] request  freed with client_request_free(); without path when there is nothing to order
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err adopt_order_make(const json_t *body, const struct former *items, size_t count, bool dry_run,
			  struct client_request *request);

/**
 * Try it without changing anything, and note as a domain's problem why the daemon refuses it.
 *
 * @return RUN_DONE, or what run_ask() says of anything else (complained about)
 */
enum run_status adopt_order_try(const struct run_view *view, const json_t *body, struct former *items,
				size_t count);

#endif
