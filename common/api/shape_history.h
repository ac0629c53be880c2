/* SPDX-License-Identifier: ISC */
#ifndef API_SHAPE_HISTORY_H
#define API_SHAPE_HISTORY_H

/**
 * What the control API shows of the past, mta-stsd-api(7): revisions, and entries of the audit trail.
 *
 * Threads: any, one object a thread.
 */

#include "api/shape.h"

/** Most entries of the audit trail in one answer. */
#define API_ENTRIES_MAX 100

/** One revision of a domain's policy. */
struct api_revision {
	const char *id;
	enum mode mode;     /**< MODE_UNKNOWN: its text is damaged in the state */
	json_int_t max_age; /**< seconds */
	char published_at[SHAPE_TIME_SIZE];
	char superseded_at[SHAPE_TIME_SIZE];   /**< "": it is published now */
	char first_served_at[SHAPE_TIME_SIZE]; /**< "": never, like the next */
	char last_served_at[SHAPE_TIME_SIZE];
	json_int_t fetches;
	char seen_at[SHAPE_TIME_SIZE]; /**< since when DNS showed its id everywhere; "": never */
	json_int_t ttl;                /**< of its record, seconds; 0: never seen */
	json_int_t audit; /**< the entry of the order that published it; 0: not known, like the next three */
	const char *command; /**< NULL: not known */
	const char *by;
	const char *reason;
	bool readable;      /**< it is what was written */
	const char *policy; /**< its text; NULL where only the newest are told of */
};

/** The revisions of a domain. */
struct api_history {
	const char *domain;
	bool published;
	json_t *revisions; /**< shape_revision */
};

/** One entry of the audit trail. */
struct api_entry {
	json_int_t number;
	char at[SHAPE_TIME_SIZE];
	json_int_t uid; /**< -1: nobody ordered it */
	const char *by;
	const char *command;
	json_int_t undoes; /**< the entry that it took back; 0: none */
	const char *reason;
	json_int_t domains; /**< how many it changed */
	json_t *changes;    /**< shape_entry_change, maybe not all */
};

/** What an entry changed for one domain. */
struct api_entry_change {
	const char *domain;
	const char *before; /**< id; NULL: was not published */
	const char *after;  /**< id; NULL: is not published any more */
};

extern const struct shape shape_revision, shape_history, shape_entry, shape_entry_change;

#endif
