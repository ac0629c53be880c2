/* SPDX-License-Identifier: ISC */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

/**
 * What is known of every revision that a domain ever had: its text, when it was published, fetched and
 * visible in DNS, and who ordered it.
 *
 * Threads: the main thread.
 */

#include "base/err.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/** One revision; strings are lent, and times that never came are 0. */
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
};

/**
 * Call with each revision of a domain, the newest first, until it returns something else than ERR_OK.
 *
 * @return what the last call returned, or ERR_STORE (cause logged)
 */
enum err history_each(struct store *store, const char *domain,
		      enum err (*each)(void *context, const struct history_row *row), void *context);

#endif
