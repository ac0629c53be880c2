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

#include "http/routes.h"

/** POST /v1/switch: switch domains to a mode. */
void orders_switch(void *context, const struct request *request, struct answer *answer);

/** POST /v1/reset: let the files decide again. */
void orders_reset(void *context, const struct request *request, struct answer *answer);

/** POST /v1/reload: read all files again. */
void orders_reload(void *context, const struct request *request, struct answer *answer);

#endif
