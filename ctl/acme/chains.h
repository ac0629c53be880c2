/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_CHAINS_H
#define CTL_ACME_CHAINS_H

/**
 * Certificates that an authority has made and that are not installed yet.
 *
 * Each was paid for with a part of what the authority allows, so none is thrown away before the daemon has it
 * or refuses it for good: what uacme leaves in the work directory of an order is moved, with a note of what
 * it is, below "kept" in the account directory, and is on disk before it is handed over.  A run that begins
 * does the same with what one that was cut off has left.
 *
 * Only who has the account's lock calls these.  Threads: the main thread only.
 */

#include "base/names.h"
#include "ctl/acme/account.h"

/** So many are kept at most: where that many cannot be installed, nothing more is ordered. */
#define CHAINS_MOST 32U

/** Longest chain, bytes: the daemon takes no longer text. */
#define CHAINS_SIZE_MAX ((size_t)64 * 1024)

/** One of them.  Zero-initialise; freed with chains_free(). */
struct chain {
	char *note;            /* what the following point into */
	const char *host;      /**< the policy host */
	const char *key;       /**< kind of its key: "ecdsa" or "rsa" */
	const char *directory; /**< URL of the authority's */
	char *pem;             /**< its text */
};

/**
 * Note in the work directory of account_begin() what is ordered.
 *
 * @return ERR_OK (it is on disk), ERR_IO (errno tells why), ERR_NO_MEMORY
 */
enum err chains_describe(const struct account *account, const char *host, const char *key,
			 const char *directory);

/**
 * Move the work directory, if there is a chain in it, to those that are kept.
 *
 * @param[out] name  under which it is kept, to free()
 * @return ERR_OK (it is on disk), ERR_NOT_FOUND (there is none), ERR_RANGE (there is one over
 * CHAINS_SIZE_MAX) ERR_IO (there is one, and it stays where it is; errno tells why), ERR_NO_MEMORY (the same)
 */
enum err chains_settle(const struct account *account, char **name);

/** List the names of those that are kept.  Returns ERR_OK, ERR_IO (errno tells why), ERR_NO_MEMORY. */
enum err chains_list(const struct account *account, struct names *names);

/**
 * Read one.
 *
 * @return ERR_OK, ERR_NOT_FOUND (it was being removed), ERR_SYNTAX (it is none), ERR_IO (it cannot be read at
 * the moment), ERR_NO_MEMORY
 */
enum err chains_read(const struct account *account, const char *name, struct chain *chain);

/** Remove one that is installed, or that the daemon refuses; one that stays is handed over again. */
void chains_end(const struct account *account, const char *name);

/** Free what it holds. */
void chains_free(struct chain *chain);

#endif
