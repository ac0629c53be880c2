/* SPDX-License-Identifier: ISC */
#ifndef CTL_DNS_ZONE_H
#define CTL_DNS_ZONE_H

/**
 * Who has a zone, as it is heard bit by bit: the list of the zone itself, and that of the zone above with its
 * glue (RFC 1034, section 4.2.1).
 *
 * Threads: any; one object a thread.
 */

#include "base/names.h"
#include "ctl/dns/ask.h"
#include "policy/record.h"

/** Names of servers, each maybe more than once.  Zero-initialise; freed with zone_free(). */
struct zone {
	const char *top;    /**< the zone's name, lent */
	struct names told;  /**< by the resolver */
	struct names above; /**< by the zone above */
	struct names own;   /**< by the zone's own servers */
	struct names hosts; /**< whose addresses the zone above tells... */
	struct names glue;  /**< ...and these, one for each host */
};

/**
 * Hear an answer to the question for the zone's NS records, of a server of the zone above.
 *
 * @param[out] has_zone  whether it has the zone itself, and tells the zone's own list
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err zone_hear_above(struct zone *zone, const struct ask *ask, bool *has_zone);

/** Hear one of a server that may have the zone; nothing without being authoritative.  Returns ERR_OK,
 * ERR_NO_MEMORY. */
enum err zone_hear_own(struct zone *zone, const struct ask *ask);

/** Hear the resolver's.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err zone_hear_resolver(struct zone *zone, const struct ask *ask);

/** Tell by which of the two lists a server is named. */
enum record_named zone_named(const struct zone *zone, const char *server);

/** Free the names. */
void zone_free(struct zone *zone);

#endif
