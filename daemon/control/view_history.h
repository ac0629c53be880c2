/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_VIEW_HISTORY_H
#define CONTROL_VIEW_HISTORY_H

/**
 * What the API shows of the past: the routes of revisions and audit entries; the shapes stand in
 * mta-stsd-api(7).
 *
 * Threads: the clerk's.
 */

#include "core/reload.h"
#include "http/routes.h"

#include <jansson.h>

/** What fetched and published a domain ever was. */
struct view_past {
	json_t *revisions; /**< array of REVISION, the oldest first */
	size_t total;      /**< how many there are */
	json_int_t fetches;
	time_t last_served_at; /**< 0: never */
};

/**
 * Gather the revisions of a domain, also of one that was forgotten.
 *
 * @param limit  only the newest so many; 0: all, with their policies
 * @return whether past is filled; its revisions are NULL otherwise
 */
bool view_revisions(const struct host *host, const char *domain, size_t limit, struct view_past *past);

/** GET /v1/history/NAME: every revision of a domain, also of one that was forgotten. */
void view_history(void *context, const struct request *request, struct answer *answer);

/** GET /v1/audit?before=N: who changed what. */
void view_audit(void *context, const struct request *request, struct answer *answer);

/** GET /v1/audit/N: one entry with all it changed. */
void view_audit_entry(void *context, const struct request *request, struct answer *answer);

#endif
