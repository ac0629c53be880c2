/* SPDX-License-Identifier: ISC */
#ifndef EVIDENCE_NOTHING_BEFORE_H
#define EVIDENCE_NOTHING_BEFORE_H

/**
 * The operator's word that no other host ever published a policy of a domain: nothing but what was published
 * here counts for its retirement then.
 *
 * Threads: the clerk's.
 */

#include "core/order.h"

/**
 * Note it, as order_run() does: of all of them or of none.  What DNS showed of other hosts, and what adopt
 * was told, counts all the same.
 *
 * @param domains  normalised, each once, known
 * @param[out] changes  one entry for each, published as before; freed with changes_free()
 * @return as order_run(), and ERR_NOT_FOUND (a domain is unknown)
 */
enum err nothing_before_run(struct registry *registry, struct store *store, const struct order *order,
			    const struct names *domains, struct changes **changes);

#endif
