/* SPDX-License-Identifier: ISC */
#ifndef CORE_SWITCH_H
#define CORE_SWITCH_H

/**
 * The order that switches domains to a mode, or lets their files decide again.
 *
 * Threads: the clerk's.
 */

#include "core/order.h"

/** What domains are switched to. */
struct switch_to {
	bool reset;       /**< end the switch; the rest does not count */
	enum mode mode;   /**< to switch to */
	uint32_t max_age; /**< to announce, seconds, 1 .. POLICY_MAX_AGE_LIMIT; 0, not with mode none: as it
			     is */
	bool keep_mx;     /**< whether mode none keeps the mx lines */
};

/**
 * Switch domains, as order_run() does: all of them or none.
 *
 * The first step of taking a policy down (RFC 8461, section 8.3) is a switch to mode none.  Asking twice is
 * fine and makes no second revision.
 *
 * @param domains  normalised, each once
 * @param complaints  why it is refused
 * @param[out] changes  what changed, or would change, one entry per domain; freed with changes_free()
 * @return as order_run(), and ERR_NOT_FOUND (a domain is unknown), ERR_REFUSED (complained about; all of the
 * domains are tried)
 */
enum err switch_run(struct registry *registry, struct store *store, const struct order *order,
		    const struct names *domains, const struct switch_to *to, struct complaints *complaints,
		    struct changes **changes);

#endif
