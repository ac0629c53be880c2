/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_VIEW_RECORD_H
#define CONTROL_VIEW_RECORD_H

/**
 * What the API shows of TXT records: what they have to be, and whose they are.
 *
 * Threads: the clerk's.
 */

#include "api/shape_domain.h"
#include "core/owner.h"
#include "core/reload.h"

/** Room for the two parts of a record. */
struct view_record {
	char name[OWNER_SIZE + 1];
	char value[ID_SIZE + 16];
};

/**
 * The TXT record that a domain has to have for an id; it lies in the room.
 *
 * @param owner  where it is; NULL: at the domain's own name
 */
struct api_txt view_txt(const char *domain, const struct owner *owner, const char *id,
			struct view_record *record);

/** The names of the first ten other domains of a domain's record, by name; it takes a walk over all domains.
 */
json_t *view_sharers(const struct host *host, const struct domain *domain);

/**
 * Every id of its record under which senders get what a domain publishes, the newest first; while the store
 * cannot be read, the one that is known.
 */
json_t *view_right_ids(const struct host *host, const struct domain *domain);

/**
 * The first few domains of which nobody knows whether senders find them, see evidence/unseen.h, among the
 * first thousand that have a certificate: the record comes after it.  NULL without memory.
 */
json_t *view_unseen(const struct host *host);

#endif
