/* SPDX-License-Identifier: ISC */
#ifndef CERTS_REQUESTS_H
#define CERTS_REQUESTS_H

/**
 * Keys that were made here and wait for their certificates: an authority gets a request (PKCS#10, RFC 2986),
 * and the key stays.
 *
 * A directory of the state has one PEM file per first name and kind of key.
 *
 * Threads: the clerk's.
 */

#include "base/text.h"
#include "certs/facts.h"

/** After so many seconds a key that no certificate came for is removed. */
#define REQUESTS_LIFETIME ((time_t)30 * 86400)

/** How many names a request may have. */
#define REQUESTS_NAMES_MAX 25

/** A request that was made. */
struct request_made {
	struct text pem; /**< PKCS#10; freed by the caller */
	time_t since;    /**< when its key was made */
};

/**
 * Make a request for names.
 *
 * Its key is the one that waits for a certificate with the same first name and kind of key; where there is
 * none, a new one is made, which is on disk before this returns.
 *
 * @param names  normalised, sorted, at least one
 * @param kind  KEY_ECDSA: P-256; KEY_RSA: 2048 bits, which takes some tenths of a second
 * @return ERR_OK, ERR_STORE (the key cannot be kept, or one that waits not be read; the cause is logged),
 *         ERR_NO_MEMORY
 */
enum err requests_make(const char *directory, const struct names *names, enum key_kind kind, time_t now,
		       struct request_made *made);

/**
 * Find the key that waits for a certificate.
 *
 * @param chain  PEM text, the certificate first
 * @param[out] path  of its file; freed by the caller
 * @param[out] key  PEM text; freed by the caller, overwritten first
 * @return ERR_OK, ERR_NOT_FOUND (none has its public key, or it cannot be read as a certificate),
 * ERR_STORE (one cannot be read at the moment; logged), ERR_NO_MEMORY
 */
enum err requests_find(const char *directory, const char *chain, char **path, struct text *key);

/** Remove the file of a key that has its certificate; one that stays does no harm, and is logged. */
void requests_end(const char *path);

/** Remove the keys that have waited for REQUESTS_LIFETIME, and what an interrupted request left; there may be
 * no directory. */
void requests_clean(const char *directory, time_t now);

#endif
