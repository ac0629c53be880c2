/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_VIEW_HISTORY_H
#define CONTROL_VIEW_HISTORY_H

/**
 * What the API shows of the past, as JSON: revisions and audit entries; the shapes stand in mta-stsd-api(7).
 *
 * Each returns a new value, or NULL when the state cannot be read or without memory.
 *
 * Threads: the main thread.
 */

#include "core/host.h"
#include "store/audit.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/** Most changes that an entry of a list is shown with. */
#define VIEW_CHANGES_MAX 10

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

/**
 * AUDIT.
 *
 * @param limit  at most so many changes; -1: all
 */
json_t *view_entry(const struct host *host, const struct audit_entry *entry, int64_t limit);

#endif
