/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_LOOK_H
#define CONTROL_LOOK_H

/**
 * The routes that only look; rows of control/api.c.
 *
 * Threads: the clerk's.
 */

#include "control/action.h"

/** GET /v1/status: the host as a whole. */
void look_status(void *context, const struct request *request, struct answer *answer);

/** GET /v1/domains?match=GLOB: a row a domain. */
void look_domains(void *context, const struct request *request, struct answer *answer);

/** GET /v1/domains/NAME: all there is to tell of one. */
void look_domain(void *context, const struct request *request, struct answer *answer);

/** POST /v1/query: the rows of a selection. */
action_run look_query;

#endif
