/* SPDX-License-Identifier: ISC */
#ifndef CERTS_PAIR_H
#define CERTS_PAIR_H

/**
 * One certificate chain with its private key, checked, beside its facts; warm.h makes it ready for
 * handshakes.
 *
 * Threads: pair_load() from any thread; the rest of a pair never changes, and retain and release are atomic.
 */

#include "base/text.h"
#include "certs/facts.h"

struct pair;

/**
 * Load and check a pair from PEM files.
 *
 * Complained about and refused: unreadable or malformed files, a chain whose first certificate does not
 * match the key, a leaf without DNS names, expired, or unfit for every sender (fitness_private.h), a key file
 * that others may read, a key that is neither ECDSA (P-256, P-384) nor RSA of 2048 to 4096 bits, or damaged.
 * A file that should hold both and has no key is refused with a mere warning: it may be a CA's.  Warnings
 * about a pair that is taken are those of facts_review().
 *
 * @param chain_path  leaf first, then its issuers
 * @param key_path  may be the same file
 * @param now  clock_now(), for the dates
 * @param[out] pair  with one reference
 * @return ERR_OK, ERR_REFUSED (complained about), ERR_NO_MEMORY
 */
enum err pair_load(const char *chain_path, const char *key_path, time_t now, struct complaints *complaints,
		   struct pair **pair);

/** Largest text that pair_parse() takes, bytes. */
#define PAIR_TEXT_LIMIT 65536

/** A pair as PEM texts; lent. */
struct pair_texts {
	const char *chain; /**< leaf first, then its issuers */
	const char *key;   /**< NULL is for those who find one first */
};

/**
 * Check a pair that came as PEM texts, as pair_load() checks files; complaints call the two "certificate" and
 * "key", as files.
 *
 * @param[out] pair  with one reference, and yet to be told its file with pair_settle()
 * @param[out] pem  what a file with both has to hold: the chain in order and the key as they were understood,
 * nothing else; freed by the caller
 * @return as pair_load(); ERR_REFUSED also for a text that is too large
 */
enum err pair_parse(const struct pair_texts *texts, time_t now, struct complaints *complaints,
		    struct pair **pair, struct text *pem);

/**
 * Tell a pair of pair_parse(), before it is shared, in which file it is kept.
 *
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err pair_settle(struct pair *pair, const char *path);

/** What is known of a pair; valid as long as the pair. */
const struct facts *pair_facts(const struct pair *pair);

/** Tell whether a pair was to be read for a handshake, and could not be; it is as if there were none. */
bool pair_is_lost(const struct pair *pair);

/** Tell whether two hold the same certificate with the same issuers and key, whatever their files. */
bool pair_is_same(const struct pair *a, const struct pair *b);

/** One more reference; returns the pair. */
struct pair *pair_retain(struct pair *pair);

/** Give a reference up and set NULL; the last one frees.  NULL inside is fine. */
void pair_release(struct pair **pair);

#endif
