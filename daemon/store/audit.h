/* SPDX-License-Identifier: ISC */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

/**
 * Who changed what, when and why; kept for ever.
 *
 * Threads: the clerk's.
 */

#include "store/switches.h"

/** One order, before its changes; strings that are read are lent. */
struct audit_entry {
	int64_t number; /**< when read */
	time_t at;
	int64_t uid;         /**< of the peer; -1 when nobody ordered it (start, recovery) */
	const char *who;     /**< "root (uid 0)", "start" */
	const char *command; /**< "none", "reset", "reload", "undo", "forget", "cert install" */
	int64_t undoes;      /**< number of the entry that an undo takes back, or 0 */
	const char *reason;  /**< the operator's words, or "" */
	int64_t domains;     /**< when read: how many it changed */
	const char *file;    /**< when put: name of the file that it is about, or NULL */
	uint64_t file_sum;   /**< when put: of what that holds, base/text.h */
};

/** Room for the name of a file. */
#define AUDIT_FILE_SIZE 256

/** The file that an entry is about. */
struct audit_file {
	char name[AUDIT_FILE_SIZE];
	uint64_t sum;
};

/** What became of one domain; strings that are read are lent. */
struct audit_change {
	const char *domain;
	const char *before;   /**< id published before, or NULL: the domain was new */
	const char *after;    /**< id published from then on, or NULL: it was forgotten */
	bool was_known;       /**< when read: whether was is */
	struct switching was; /**< its switch before */
	int64_t number;       /**< when put: of the domain, where it is known; 0: it is found by its name */
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
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err audit_put_change(struct store_txn *txn, int64_t number, const struct audit_change *change);

/**
 * Call with the newest entries, the newest first, until it returns something else than ERR_OK.
 *
 * @param before  only entries with a smaller number; INT64_MAX: from the newest
 * @param limit  at most so many
 * @return what the last call returned, or ERR_STORE (cause logged)
 */
enum err audit_each(struct store *store, int64_t before, int64_t limit,
		    enum err (*each)(void *context, const struct audit_entry *entry), void *context);

/**
 * Call with the changes of an entry, by name, until it returns something else than ERR_OK.
 *
 * @param limit  at most so many; -1: all
 * @return what the last call returned, or ERR_STORE (cause logged)
 */
enum err audit_each_change(struct store *store, int64_t number, int64_t limit,
			   enum err (*each)(void *context, const struct audit_change *change), void *context);

/**
 * Find the last order that switched something: none, testing, enforce, reset, undo.
 *
 * @param[out] number  0: there is none
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err audit_last_order(struct store *store, int64_t *number);

/**
 * Find the last entry that changed a domain.
 *
 * @param[out] number  0: there is none
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err audit_last_of(struct store *store, const char *domain, int64_t *number);

/**
 * The file that the newest entry about one is about.
 *
 * @return ERR_OK, ERR_NOT_FOUND (no entry is about a file), ERR_STORE (cause logged), ERR_NO_MEMORY
 */
enum err audit_last_file(struct store *store, struct audit_file *file);

#endif
