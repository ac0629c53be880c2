/* SPDX-License-Identifier: ISC */
#ifndef STORE_FOREIGN_H
#define STORE_FOREIGN_H

/**
 * Ids that stood in DNS and that this host never published: of a host that had the domain before, of another
 * machine, of a time that a restored copy of the store does not know, or a slip of the pen.
 *
 * Of each domain the last one counts for the time that senders may hold something, and all of them, up to a
 * thousand, for what may never be an id of it.
 *
 * Threads: the main thread.
 */

#include "base/err.h"
#include "policy/record.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct foreign {
	char id[ID_SIZE]; /**< "": there never was one, and the rest does not count */
	time_t last_at;   /**< when any such id was last seen */
	uint32_t ttl;     /**< longest TTL that one was seen with, seconds */
};

/**
 * Store an id that stands in DNS, unless the domain has published it.
 *
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err foreign_put(struct store_txn *txn, const char *domain, const char *id, time_t now, uint32_t ttl);

/** The last one of a domain.  Returns ERR_OK, ERR_STORE (cause logged). */
enum err foreign_last(struct store *store, const char *domain, struct foreign *foreign);

/** Tell whether an id ever stood in DNS that the domain had not published.  Returns ERR_OK, ERR_STORE (cause
 * logged). */
enum err foreign_is_seen(struct store *store, const char *domain, const char *id, bool *seen);

#endif
