/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_VIEW_H
#define CONTROL_VIEW_H

/**
 * What the API shows of things, as JSON; the shapes stand in mta-stsd-api(7).
 *
 * Each returns a new value, or NULL without memory; a value that would have to hold NULL is NULL itself.
 *
 * Threads: the clerk's.
 */

#include "api/shape_domain.h"
#include "api/shape_status.h"
#include "core/reload.h"
#include "store/room.h"

/** Count the published domains. */
void view_count(const struct host *host, struct api_totals *totals);

/** The certificates that are loaded. */
struct view_expiry {
	json_int_t pairs;                /**< all of them */
	json_int_t counts[EXPIRY_COUNT]; /**< those that are used, as certs_each() tells, by their stage */
	struct facts first; /**< the used one that expires first, when there are pairs; strings are lent */
};

/** Count the certificates, and find the one that expires first. */
void view_find_expiry(const struct host *host, struct view_expiry *expiry);

/** The names of the first ten orphans. */
json_t *view_orphans(const struct host *host);

/** The names of the domains of which nothing can be served, because what is stored of them is damaged. */
json_t *view_unreadable(const struct host *host);

/** What is wrong with the state, with the files as they were last loaded, and was found since: COMPLAINTS. */
json_t *view_findings(const struct host *host, const struct room *room);

/** A domain as a row of a list: ROW. */
json_t *view_domain(const struct host *host, const struct domain *domain);

/** A domain with all there is to tell: ROW with policy, mx, and what its file says. */
json_t *view_domain_whole(const struct host *host, const struct domain *domain);

/**
 * What an order did to a domain, CHANGE; what else there is to tell of it is as it is now.
 *
 * @param done  whether the order was done, or would be
 * @param text  gets it
 * @return ERR_OK, ERR_STORE (nothing was done, and the history cannot be read), ERR_NO_MEMORY
 */
enum err view_change(const struct host *host, const struct change *change, bool done, struct text *text);

/** All complaints of a list: an array of COMPLAINT. */
json_t *view_complaints(const struct complaints *complaints);

#endif
