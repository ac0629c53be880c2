/* SPDX-License-Identifier: ISC */
#ifndef CORE_ADOPT_H
#define CORE_ADOPT_H

/**
 * The order that takes policies over from another host: the same policy goes on under the same id, so that
 * nothing has to change in DNS.
 *
 * Threads: the clerk's.
 */

#include "core/order.h"

/** What senders hold of one domain. */
struct adoption {
	const char *domain;    /**< normalised */
	const char *id;        /**< of its TXT record */
	struct policy *policy; /**< as the host before served it under that id */
};

/**
 * Adopt domains, as order_run() does: all of them or none.
 *
 * The daemon need not know a domain yet: it is served from then on, as an orphan until a file names it.  One
 * that it publishes with the same policy goes over to that id, though DNS was seen to show it; asking twice
 * is fine.
 *
 * @param items  each domain once
 * @param complaints  why it is refused
 * @param[out] changes  one entry for each; freed with changes_free()
 * @return as order_run(), and ERR_REFUSED (complained about; all of them are tried)
 */
enum err adopt_run(struct registry *registry, struct store *store, const struct order *order,
		   const struct adoption *items, size_t count, struct complaints *complaints,
		   struct changes **changes);

#endif
