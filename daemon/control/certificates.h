/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_CERTIFICATES_H
#define CONTROL_CERTIFICATES_H

/**
 * The routes about certificates; each is a handler of http/routes.h whose context is struct control.
 *
 * Threads: the main thread.
 */

#include "http/routes.h"

/** GET /v1/certificates: every certificate, and the domains that have none. */
void certificates_look(void *context, const struct request *request, struct answer *answer);

/** POST /v1/certificates: an answer of status 200 is an acknowledgement, as in control/orders.h. */
void certificates_order(void *context, const struct request *request, struct answer *answer);

#endif
