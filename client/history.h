/* SPDX-License-Identifier: ISC */
#ifndef CLIENT_HISTORY_H
#define CLIENT_HISTORY_H

/**
 * Checked access to what the daemon tells of the past: revisions, and entries of the audit trail,
 * mta-stsd-api(7).
 *
 * Every function returns ERR_OK, or ERR_SYNTAX when a field is missing or not what it has to be.  Strings
 * belong to the reply; ids, modes and times are plain ASCII.
 *
 * Threads: any, one object a thread.
 */

#include "base/err.h"

#include <jansson.h>

/** One revision of a domain's policy. */
struct history_revision {
	const char *id;
	const char *mode;   /**< NULL: its text is damaged in the state */
	json_int_t max_age; /**< seconds */
	const char *published_at;
	const char *superseded_at;   /**< NULL: it is published now */
	const char *first_served_at; /**< NULL: never, like the next */
	const char *last_served_at;
	json_int_t fetches;
	const char *seen_at; /**< since when DNS showed its id everywhere; NULL: never */
	json_int_t ttl;      /**< of its record, seconds; -1: never seen */
	json_int_t audit; /**< the entry of the order that published it; 0: not known, like the next three */
	const char *command; /**< NULL: not known */
	const char *by;
	const char *reason;
	const char *policy; /**< its text; NULL where the reply has none */
};

/** One entry of the audit trail. */
struct history_entry {
	json_int_t number;
	const char *at;
	const char *by;
	const char *command;
	json_int_t undoes; /**< the entry that it took back; 0: none */
	const char *reason;
	json_int_t domains; /**< how many it changed */
	json_t *changes;    /**< array for history_change(), maybe not all */
};

/** What an entry changed for one domain. */
struct history_change {
	const char *domain;
	const char *before; /**< id; NULL: was not published */
	const char *after;  /**< id; NULL: is not published any more */
};

/** A member of "revisions". */
enum err history_revision(json_t *reply, struct history_revision *revision);
/** A member of "entries", or one entry as a reply. */
enum err history_entry(json_t *reply, struct history_entry *entry);
/** A member of "changes" of an entry. */
enum err history_change(json_t *reply, struct history_change *change);

#endif
