/* SPDX-License-Identifier: ISC */
#ifndef CERTS_CERTS_H
#define CERTS_CERTS_H

/**
 * The certificates of all policy hosts, found by server name.
 *
 * Threads: certs_find(), certs_serve() and certs_cover() from any thread, all else from the clerk's.
 */

#include "certs/pair.h"

struct certs;

/** @return ERR_OK, ERR_NO_MEMORY */
enum err certs_new(struct certs **certs);

/** Free the index; pairs that connections hold live on until released.  NULL inside is fine. */
void certs_free(struct certs **certs);

/**
 * Keep an index of what is known of pairs in a file of a directory, from the next load on: pairs whose files
 * are as they were need not be read by the first load then.
 *
 * @param folder  copied; nobody else may write there
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err certs_keep_index(struct certs *certs, const char *folder);

/**
 * Walk directories for pairs and take them into use, all at once.
 *
 * Knows the layouts of ACME clients and hosting panels by the names of their files (layouts_private.h); in
 * other directories any chain is paired with any key that has its public key (match_private.h).  Pairs whose
 * files have not changed are not loaded again.  A pair that is refused leaves the one that was loaded from
 * the same files before in use.  So does one whose files are gone, until it expires or pairs that are valid
 * cover all of its names. Connections that run keep what they have.
 *
 * @return ERR_OK (with or without complaints), ERR_NO_MEMORY (the old index stays)
 */
enum err certs_load(struct certs *certs, const struct names *directories, struct complaints *complaints);

/** Have each load from now on note so many of the paths that certs_places() has; 0: none, as at first. */
void certs_note_places(struct certs *certs, size_t most);

/**
 * What would have a load find something else, when it changes: the directories that the last one looked into,
 * or should have, and the links to files in them.
 *
 * @param[out] lost  there were more than are noted
 * @return lent until the next load
 */
const struct names *certs_places(const struct certs *certs, bool *lost);

/**
 * Read pairs that the first load took from the index.  Until then each is read by the first handshake that
 * wants it, and is lost when its files go; afterwards it stays in use like any other.  One whose files are
 * others by now is loaded as certs_load() does; when that is refused, it is given up, unless a handshake
 * has read it before.
 *
 * @param budget  how many to read
 * @return whether there are more
 */
bool certs_settle(struct certs *certs, size_t budget, struct complaints *complaints);

/** What loads and settling have done so far. */
struct certs_work {
	size_t read;   /**< pairs whose files were read and compared with what was known */
	size_t parsed; /**< pairs whose files were parsed and checked */
};

/** The sum since it was made. */
struct certs_work certs_work(const struct certs *certs);

/** How many certificates were new, others than before in the same files, or went, by the last load. */
size_t certs_changed(const struct certs *certs);

/**
 * Find the pair for a server name: one that is valid now before one that is not; then a sound one
 * (facts_are_sound()) before one that some senders refuse; then an exact name before a wildcard, which covers
 * one left-most label (RFC 6125, section 6.4.3); then ECDSA before RSA, then the one that is valid longest.
 *
 * @param host  normalised
 * @param keys  the kinds that will do, KEY_BIT() each
 * @return a reference to give back with pair_release(), or NULL
 */
struct pair *certs_find(struct certs *certs, const char *host, unsigned keys);

/**
 * Call with each pair that is loaded, in the order of their files' paths, until it returns another than
 * ERR_OK.
 *
 * used is whether there is a name that gets this pair, for clients that take its kind of key; when not,
 * better pairs stand in for all of its names.  When there are pairs, some are used.
 */
enum err certs_each(struct certs *certs,
		    enum err (*each)(void *context, const struct facts *facts, bool used), void *context);

/**
 * The first pair whose file comes behind a path, as certs_each() has them in order, or NULL; lent.
 *
 * @param file  NULL: the first of all
 * @param[out] used  as certs_each() tells
 */
const struct facts *certs_after(struct certs *certs, const char *file, bool *used);

/**
 * Call with each pair that came or went since the last call, and with each that has become valid or is so no
 * longer; with all that are valid at first.
 *
 * @return false: there was no memory to remember all of them
 */
bool certs_each_changed(struct certs *certs, void (*each)(void *context, const struct facts *facts),
			void *context);

/** Call with each pair that has a name, or a wildcard, exactly, until it returns another than ERR_OK. */
enum err certs_each_named(const struct certs *certs, const char *name,
			  enum err (*each)(void *context, const struct facts *facts), void *context);

/** The pair of a file, or NULL; lent. */
const struct facts *certs_of_file(const struct certs *certs, const char *file);

/**
 * Draft what certs would be with one more pair, to look at it and to take it into use with certs_replace().
 *
 * @param pair  retained; stands in for one with the same file
 * @param without  files of pairs to leave out, sorted; lent as long as the draft lives, like the certs
 * @param[out] draft  freed with certs_free()
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err certs_draft(const struct certs *certs, struct pair *pair, const struct names *without,
		     struct certs **draft);

/** Take what a draft changes into use at once, and free it with what that takes the place of.  Cannot fail.
 */
void certs_replace(struct certs *certs, struct certs **draft);

/** Tell whether the new pair of a draft would be used, as certs_each() tells. */
bool certs_use(const struct certs *draft);

/** Tell whether a pair that is valid now covers a host. */
bool certs_serve(struct certs *certs, const char *host);

/** Tell whether any pair in use covers a host. */
bool certs_cover(struct certs *certs, const char *host);

#endif
