/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_FORGET_H
#define CONTROL_FORGET_H

/**
 * The route that ends the serving of domains; a handler of http/routes.h whose
 * context is struct control.
 *
 * Threads: the main thread.
 */

#include "http/routes.h"

/** POST /v1/forget: an answer of status 200 is an acknowledgement, as in control/orders.h. */
void forget_order(void *context, const struct request *request, struct answer *answer);

#endif
