/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_METRICS_H
#define CONTROL_METRICS_H

/**
 * What monitoring reads; handlers of http/routes.h whose context is struct control.
 *
 * Threads: the clerk's.
 */

#include "control/control.h"
#include "control/exposition.h"

/**
 * GET /metrics: every number there is, as Prometheus reads them.
 *
 * Cheap at any number of domains: the state on disk is not looked at.
 */
void metrics_show(void *context, const struct request *request, struct answer *answer);

/** Append the numbers of each single domain that is published; what fails shows in the exposition. */
void metrics_domains_add(struct exposition *exposition, const struct host *host);

/**
 * The routes of a socket that has the metrics and nothing else, for whoever reaches it.
 *
 * Few connections at a time: with numbers of each single domain a page is large, and stays in memory until it
 * is taken.
 */
struct routes metrics_routes(struct control *control);

#endif
