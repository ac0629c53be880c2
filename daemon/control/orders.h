/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_ORDERS_H
#define CONTROL_ORDERS_H

/**
 * The routes that change something; each is a handler of http/routes.h whose context is struct control.
 *
 * An answer of status 200 is an acknowledgement: what it says is on disk and is what every request gets that
 * begins later.  After any other status but 500 "unknown" nothing has changed.
 *
 * Threads: the main thread.
 */

#include "control/permit.h"
#include "core/host.h"
#include "core/order.h"
#include "core/plan.h"
#include "http/routes.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/** POST /v1/switch: switch domains to a mode. */
void orders_switch(void *context, const struct request *request, struct answer *answer);

/** POST /v1/reset: let the files decide again. */
void orders_reset(void *context, const struct request *request, struct answer *answer);

/** POST /v1/reload: read all files again. */
void orders_reload(void *context, const struct request *request, struct answer *answer);

/**
 * Read what every order may have: who gives it, why, and whether it is only tried.
 *
 * @param reason  a string or NULL
 * @param dry_run  a boolean or NULL
 * @return false when the answer holds the error
 */
bool orders_read_common(const json_t *reason, const json_t *dry_run, const struct permit_peer *peer,
			struct order *order, struct answer *answer);

/** The answer to an order that switches something; NULL without memory. */
json_t *orders_view(const struct host *host, const struct plan *plan, bool dry_run);

/** The number of an audit entry, null for 0; NULL without memory. */
json_t *orders_view_audit(int64_t number);

#endif
