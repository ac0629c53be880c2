/* SPDX-License-Identifier: ISC */
#ifndef CORE_ORDER_H
#define CORE_ORDER_H

/**
 * What an operator orders at run time: switch domains to a mode, or let the files decide again.
 *
 * Threads: the main thread.
 */

#include "base/complaints.h"
#include "base/err.h"
#include "base/names.h"
#include "core/plan.h"
#include "core/registry.h"

#include <stdbool.h>
#include <stdint.h>

struct order {
	bool reset;         /**< end the switch; mode, max_age and keep_mx do not count */
	enum mode mode;     /**< to switch to */
	uint32_t max_age;   /**< to announce with mode none, seconds, 1 .. POLICY_MAX_AGE_LIMIT */
	bool keep_mx;       /**< whether mode none keeps the mx lines */
	bool dry_run;       /**< only work out what would change */
	int64_t uid;        /**< who orders it */
	const char *who;    /**< the same in words, shorter than SWITCH_WHO_SIZE */
	const char *reason; /**< the operator's words, or "" */
};

/**
 * Carry an order out, durably and at once: for all of the domains or for none.
 *
 * The first step of taking a policy down (RFC 8461, section 8.3) is an order for mode none.  After ERR_OK it
 * is on disk, and every request that begins later gets the new policy; a request that is being answered gets
 * the old one whole.  Asking twice is fine and makes no second revision.
 *
 * @param domains  normalised, each once
 * @param complaints  why it is refused
 * @param[out] plan  what changed, or would change, one entry a domain; freed with plan_free()
 * @return ERR_OK, ERR_NOT_FOUND (a domain is unknown), ERR_REFUSED (complained about; all of the domains are
 * tried), ERR_STORE (state not writable; nothing changed), ERR_UNKNOWN (disk failed in between),
 * ERR_NO_MEMORY
 */
enum err order_run(struct registry *registry, struct store *store, const struct names *domains,
		   const struct order *order, struct complaints *complaints, struct plan **plan);

/** One order in a word, for the log and the audit: "none", "testing", "enforce" or "reset". */
const char *order_text(const struct order *order);

#endif
