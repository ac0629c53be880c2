/* SPDX-License-Identifier: ISC */
#ifndef STORE_PUBLISHED_H
#define STORE_PUBLISHED_H

/**
 * All that is published, read at once: table after table as they lie on the disk, since a million domains
 * that are looked up one by one, by name, take ten times as long.  Rows of a domain are told apart by its
 * number.
 *
 * Of a database that is not known to be damaged; otherwise see revisions_each_left().
 *
 * Threads: the clerk's.
 */

#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/** A domain that the store knows, published or not; the strings are lent. */
struct published_domain {
	int64_t domain; /**< its number, more than 0 */
	const char *name;
	const char *source;   /**< as in struct revision_row */
	const char *declared; /**< the same */
	const char *observed; /**< the same */
};

/** A revision that is published; the strings are lent. */
struct published_row {
	int64_t domain; /**< number of a domain, which need not be there in a damaged row */
	const char *id;
	const char *text;
	size_t len; /**< bytes of text */
	time_t published_at;
	int64_t number;
	void *statement; /* for published_is_sound() */
};

/**
 * The highest number of a domain; 0: there are none.
 *
 * @param[out] dense  whether there are so many that a table by number is worth its memory
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err published_last(struct store *store, int64_t *last, bool *dense);

/** Call with each domain, by number, until it returns something else than ERR_OK; returns that, or ERR_STORE
 * (cause logged), ERR_NO_MEMORY. */
enum err published_each_domain(struct store *store,
			       enum err (*each)(void *context, const struct published_domain *domain),
			       void *context);

/** The same with each published revision, in no order. */
enum err published_each_row(struct store *store,
			    enum err (*each)(void *context, const struct published_row *row), void *context);

/** The same with the number of each domain, by its name. */
enum err published_each_name(struct store *store, enum err (*each)(void *context, int64_t domain),
			     void *context);

/** Tell, while it is lent, whether a row is what was written for the domain of a name; if not, nothing in it
 * is believed. */
bool published_is_sound(const struct published_row *row, const char *name);

/**
 * Tell whether a domain that has no published revision has one that is damaged: which may be the one that was
 * published.
 *
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err published_is_lost(struct store *store, int64_t domain, bool *lost);

#endif
