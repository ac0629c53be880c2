/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_METRICS_H
#define CONTROL_METRICS_H

/**
 * The route that monitoring reads; a handler of http/routes.h whose context is struct control.
 *
 * Threads: the main thread.
 */

#include "http/routes.h"

/**
 * GET /metrics: every number there is, as Prometheus reads them.
 *
 * Cheap at any number of domains: the state on disk is not looked at.
 */
void metrics_show(void *context, const struct request *request, struct answer *answer);

#endif
