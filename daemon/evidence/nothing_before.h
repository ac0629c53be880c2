/* SPDX-License-Identifier: ISC */
#ifndef EVIDENCE_NOTHING_BEFORE_H
#define EVIDENCE_NOTHING_BEFORE_H

/**
 * The operator's word that no other host ever published a policy of a domain: nothing but what was published
 * here counts for its retirement then.
 *
 * Threads: the main thread.
 */

#include "core/order.h"

/**
 * Note it, as order_run() does: of all of them or of none.
 *
 * Refused for a domain of which DNS showed an id that was never published here.
 *
 * @param domains  normalised, each once, known
 * @param complaints  why it is refused
 * @param[out] changes  one entry for each, published as before; freed with changes_free()
 * @return as order_run(), and ERR_NOT_FOUND (a domain is unknown), ERR_REFUSED (complained about; all of the
 * domains are tried)
 */
enum err nothing_before_run(struct registry *registry, struct store *store, const struct order *order,
			    const struct names *domains, struct complaints *complaints,
			    struct changes **changes);

#endif
