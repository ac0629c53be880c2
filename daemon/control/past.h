/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_PAST_H
#define CONTROL_PAST_H

/**
 * The routes that look back; each is a handler of http/routes.h whose context is struct control.
 *
 * Threads: the main thread.
 */

#include "http/routes.h"

/** GET /v1/history/NAME: every revision of a domain, also of one that was forgotten. */
void past_history(void *context, const struct request *request, struct answer *answer);

/** GET /v1/audit?before=N: who changed what. */
void past_audit(void *context, const struct request *request, struct answer *answer);

/** GET /v1/audit/N: one entry with all it changed. */
void past_entry(void *context, const struct request *request, struct answer *answer);

#endif
