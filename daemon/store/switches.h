/* SPDX-License-Identifier: ISC */
#ifndef STORE_SWITCHES_H
#define STORE_SWITCHES_H

/**
 * Switches: the operator's run-time orders that override the files until they are reset.
 *
 * Threads: the clerk's.
 */

#include "policy/policy.h"
#include "store/store.h"

#include <time.h>

/** Room for "name (uid 4294967295)" and its end. */
#define SWITCH_WHO_SIZE 64

/** What is ordered for one domain. */
struct switching {
	bool active; /**< false: the files decide, and nothing below counts */
	enum mode mode;
	uint32_t max_age; /**< seconds to announce; 0, never of mode none: as without the switch */
	bool keep_mx;     /**< whether the mx lines stay; of mode none */
	time_t since;
	char who[SWITCH_WHO_SIZE];
};

/**
 * Store the switch of a domain that has a revision; one that is not active removes it.
 *
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err switches_put(struct store_txn *txn, const char *domain, const struct switching *switching);

/**
 * Call with the switch of each domain that has one, by name, until it returns something else than ERR_OK.  A
 * stored switch that is damaged comes with MODE_UNKNOWN, and is logged.
 *
 * @return what the last call returned, or ERR_STORE (cause logged)
 */
enum err switches_each(struct store *store,
		       enum err (*each)(void *context, const char *domain, const struct switching *switching),
		       void *context);

#endif
