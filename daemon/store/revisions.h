/* SPDX-License-Identifier: ISC */
#ifndef STORE_REVISIONS_H
#define STORE_REVISIONS_H

/**
 * Every revision of every domain, kept for ever: its text, when it was published, fetched and visible in DNS,
 * and who ordered it.  The last one of a domain is the published one.
 *
 * Threads: the clerk's.
 */

#include "policy/record.h"
#include "store/store.h"

#include <stdint.h>
#include <time.h>

/** A published revision as it is stored; the strings are lent. */
struct revision_row {
	const char *domain;
	const char *source; /**< path of the file the domain came from; "" when unknown, or when it is
			       accepted that it has none any more */
	const char *id;
	const char *text;
	size_t len; /**< bytes of text */
	time_t published_at;
	int64_t number; /**< of the revision, for ever */
	bool sound; /**< it is what was written; if not, nothing in it is believed but that there was a row */
	const char *declared; /**< owner name of its record as its file said, or NULL */
	const char *observed; /**< the same as it was seen, or NULL */
};

/**
 * Publish: add a revision and supersede the one before it.  The domain is made when it is new.
 *
 * @param[out] number  of the revision
 * @return ERR_OK, ERR_STORE (cause logged; an id that the domain has used before is such a cause)
 */
enum err revisions_put(struct store_txn *txn, const char *domain, const char *id, const char *text,
		       size_t len, time_t now, int64_t *number);

/**
 * Publish a domain that was never here, with fewer steps than what it stands for: revisions_put(),
 * revisions_put_source() and past_begin().
 *
 * @param row  its domain, source, id, text, len and published_at count
 * @param[out] domain  its number; 0: it was here before, and nothing is written
 * @param[out] number  of the revision, unless nothing is written
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err revisions_put_first(struct store_txn *txn, const struct revision_row *row, int64_t *domain,
			     int64_t *number);

/**
 * Note that the published revision, and its id, are those that another host had before: what senders hold
 * under that id.  That it was in DNS before counts against it no more.
 *
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err revisions_adopt(struct store_txn *txn, const char *domain, const char *id);

/** End publishing: supersede the published revision by none.  Returns ERR_OK, ERR_STORE (cause logged). */
enum err revisions_end(struct store_txn *txn, const char *domain, time_t now);

/** Remember which file a stored domain comes from; "": none any more, as accepted.  Returns ERR_OK, ERR_STORE
 * (cause logged). */
enum err revisions_put_source(struct store_txn *txn, const char *domain, const char *source);

/**
 * Tell whether a domain has ever published under an id.
 *
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err revisions_is_used(struct store *store, const char *domain, const char *id, bool *used);

/**
 * The newest revision of a domain among those up to a number.
 *
 * @param[out] id  of it; "" when there is none
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err revisions_at_most(struct store *store, const char *domain, int64_t number, char id[ID_SIZE]);

/** The highest number that was given to a revision, 0: none was.  Returns ERR_OK, ERR_STORE (cause logged).
 */
enum err revisions_last(struct store *store, int64_t *number);

/**
 * Call with the published revision of each domain, by name, until it returns something else than ERR_OK.
 *
 * @return what the last call returned, or ERR_STORE (cause logged)
 */
enum err revisions_each(struct store *store, enum err (*each)(void *context, const struct revision_row *row),
			void *context);

/**
 * The same of a damaged database: with each published revision that can be read still, by number.
 *
 * @return what the last call returned, or ERR_STORE (nothing can be read; cause logged)
 */
enum err revisions_each_left(struct store *store,
			     enum err (*each)(void *context, const struct revision_row *row), void *context);

/**
 * Call with each domain that has no published revision although one of its revisions is damaged: which may be
 * the one that was published.
 *
 * @return what the last call returned, or ERR_STORE (cause logged)
 */
enum err revisions_each_lost(struct store *store, enum err (*each)(void *context, const char *domain),
			     void *context);

/** What is known of one revision; strings are lent, and times that never came are 0. */
struct history_row {
	int64_t number; /**< of the revision, for ever */
	const char *id;
	const char *text;
	size_t len; /**< bytes of text */
	time_t published_at;
	time_t superseded_at; /**< 0: it is published now */
	time_t first_served_at;
	time_t last_served_at; /**< after a crash: the restart, up to which it may have been served */
	int64_t fetches;
	time_t seen_at; /**< since when its id was right at every server */
	uint32_t ttl;   /**< longest TTL that its record was seen with, seconds; 0: never seen */
	int64_t audit; /**< number of the entry that published it; 0 when unknown, and command is NULL then */
	const char *command;
	const char *who;
	const char *reason;
	bool sound; /**< id, text and times are what was written; if not, nothing in them is believed */
	bool unknown_before; /**< what another host published before it is not known, see store/past.h */
};

/**
 * Call with each revision of a domain, the newest first, until it returns something else than ERR_OK.
 *
 * @return what the last call returned, or ERR_STORE (cause logged)
 */
enum err revisions_history(struct store *store, const char *domain,
			   enum err (*each)(void *context, const struct history_row *row), void *context);

/** The same at less cost, for who asks what senders may hold: who ordered them is left out. */
enum err revisions_held(struct store *store, const char *domain,
			enum err (*each)(void *context, const struct history_row *row), void *context);

#endif
