/* SPDX-License-Identifier: ISC */
#ifndef CORE_ORDER_H
#define CORE_ORDER_H

/**
 * The one way of every order: work out -> commit -> make visible -> acknowledge.
 *
 * A kind of order (core/switch.h, undo.h, reload.h, install.h, evidence/forget.h, looks.h) says what is its
 * own in a struct order_kind.  What all of them share stands here and nowhere else: the store is checked
 * first, all that can be refused is worked out before anything is touched, a dry run ends there, the audit
 * entry and what it tells of are one transaction, a full disk gets a second try on the store's reserve,
 * nothing is visible before it is durable, and what was not done is logged.
 *
 * Threads: the clerk's.
 */

#include "core/change.h"
#include "log/log_event.h"

/** Who orders something, and how. */
struct order {
	int64_t uid;        /**< -1: nobody in particular (start, recovery) */
	const char *who;    /**< the same in words, shorter than SWITCH_WHO_SIZE */
	const char *reason; /**< the operator's words, or "" */
	bool dry_run;       /**< only work out what would change */
};

/** What is a kind's own; NULL: there is nothing of it.  Each function is called with the job. */
struct order_kind {
	const char *command;     /**< for the audit trail and the log; work_out() may set another */
	enum log_event not_done; /**< how it is logged when it fails */
	bool modest;             /**< it leaves no audit entry, and must not use up the store's reserve */
	bool keep_unchanged;     /**< domains that stay as they are are told of, too */

	/** Add what changes of domains, and complain about what is refused.  Touches nothing. */
	enum err (*work_out)(void *job, struct changes *changes, struct audit_entry *entry);
	/** Log what was done, which may be nothing. */
	void (*log_done)(const void *job, const struct changes *changes);

	/** Whether there is something to commit beside the changes of domains. */
	bool (*matters)(const void *job);
	/** Get ready what the commit of that needs and nobody sees. */
	enum err (*prepare)(void *job);
	/** Write it, as part of the transaction.  @param audit  number of its entry; 0: it is modest */
	enum err (*write)(void *job, struct store_txn *txn, int64_t audit);
	/** Take back what prepare() did, after a commit that failed, but not after ERR_UNKNOWN. */
	void (*give_up)(void *job);
	/** Make it visible.  It is durable: only ERR_OK and ERR_UNKNOWN are left. */
	enum err (*publish)(void *job);
};

/**
 * Carry an order out, durably and at once: all of it or nothing.
 *
 * After ERR_OK it is on disk, and every request that begins later sees it; a request that is being answered
 * gets the old policy whole.  After ERR_UNKNOWN nobody knows whether it is on disk, nothing of it is visible,
 * and the next order or look at the store finds out.  After any other error nothing has changed, neither on
 * disk nor on the wire.
 *
 * @param[out] changes  what changed of domains, or would change; freed with changes_free(); NULL: not wanted
 * @return what the kind's functions return, or ERR_STORE (the state is not readable or not writable; cause
 * logged), ERR_UNKNOWN (the disk failed in the middle of the commit), ERR_STOPPED (given up before the
 * commit, see base/progress.h), ERR_NO_MEMORY
 */
enum err order_run(struct registry *registry, struct store *store, const struct order *order,
		   const struct order_kind *kind, void *job, struct changes **changes);

/** Of more domains than this at once the rest is in the audit trail only. */
#define ORDER_DOMAINS_LOGGED 20

/**
 * Log what is published of which domain from now on, one event per domain.
 *
 * @param what  brought it about: "none", "reset", "undo", "published"
 * @param only_published  leave out the domains whose policy stays as it was
 */
void order_announce(const struct order *order, const struct changes *changes, const char *what,
		    bool only_published);

#endif
