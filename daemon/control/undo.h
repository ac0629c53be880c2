/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_UNDO_H
#define CONTROL_UNDO_H

/**
 * The route that takes an order back; a handler of http/routes.h whose
 * context is struct control.
 *
 * Threads: the main thread.
 */

#include "http/routes.h"

/** POST /v1/undo: an answer of status 200 is an acknowledgement, as in control/orders.h. */
void undo_order(void *context, const struct request *request, struct answer *answer);

#endif
