/* SPDX-License-Identifier: ISC */
#ifndef CERTS_FACTS_INDEX_PRIVATE_H
#define CERTS_FACTS_INDEX_PRIVATE_H

/**
 * What was known of all pairs when they were last loaded, in a file of the state directory, so that a start
 * need not read them.  It is no more than a cache: one that is missing, damaged, somebody else's, or cannot
 * be written costs the time to read the pairs, and nothing else.
 *
 * Records are appended as pairs change; the last one of a path counts.  Where reading stops, at the end or
 * because of a record that was not written whole, the rest is as if it were not there.
 *
 * Threads: one.
 */

#include "certs/known_private.h"

/** Its name; another one beside it for a moment while it is written anew. */
#define FACTS_INDEX_FILE "certificates.index"

/** Zero-initialise. */
struct facts_index {
	char *folder;     /**< NULL: there is none */
	uint64_t size;    /**< bytes that the file has if it is the one that we know; 0: to be written anew */
	size_t records;   /**< in it */
	struct file file; /**< while it is read */
	struct known *known; /**< the same, by path */
	size_t count;
	bool unproven; /**< another version judged, or another library */
};

/**
 * Read the file.
 *
 * @param index  with its folder
 * @return ERR_OK (also when it cannot be used), ERR_NO_MEMORY
 */
enum err facts_index_read(struct facts_index *index);

/**
 * The pair of a path that was read, yet to be read itself; NULL when it is not known, or has another key
 * file.
 *
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err facts_index_find(const struct facts_index *index, const char *chain_path, const char *key_path,
			  struct pair **pair);

/** Give up what was read. */
void facts_index_forget(struct facts_index *index);

/** Write records behind those of the file; without memory or room it is written anew by the next occasion. */
void facts_index_append(struct facts_index *index, const struct text *records, size_t count);

/** Tell whether it is to be written anew: it does not fit, or has twice as many records as there are pairs.
 */
bool facts_index_is_worn(const struct facts_index *index, size_t pairs);

/** Begin to write the file anew, aside; returns a descriptor, or -1. */
int facts_index_begin(struct facts_index *index);

/**
 * Write some records.
 *
 * @return ERR_OK, ERR_IO (give it up)
 */
enum err facts_index_put(struct facts_index *index, int fd, struct text *records, size_t count);

/** Close it and, if all of it was written, put it into its place. */
void facts_index_end(struct facts_index *index, int fd, bool whole);

/** Free what it holds; the file stays. */
void facts_index_free(struct facts_index *index);

#endif
