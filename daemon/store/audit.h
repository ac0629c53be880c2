/* SPDX-License-Identifier: ISC */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

/**
 * Who changed what, when and why; kept for ever.
 *
 * Threads: the main thread.
 */

#include "base/err.h"
#include "store/store.h"

#include <stdint.h>
#include <time.h>

/** One order, before its changes. */
struct audit_entry {
	time_t at;
	int64_t uid;         /**< of the peer; -1 when nobody ordered it (start, SIGHUP) */
	const char *who;     /**< "root (uid 0)", "start" */
	const char *command; /**< "none", "reset", "reload" */
	const char *reason;  /**< the operator's words, or "" */
};

/**
 * Begin an entry.
 *
 * @param[out] number  of the entry, for audit_put_change()
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err audit_put(struct store_txn *txn, const struct audit_entry *entry, int64_t *number);

/**
 * Add what became of one domain, at most once an entry.
 *
 * @param before  id published before, or NULL when the domain is new
 * @param after  id published from then on; the same when only the switch changed
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err audit_put_change(struct store_txn *txn, int64_t number, const char *domain, const char *before,
			  const char *after);

#endif
