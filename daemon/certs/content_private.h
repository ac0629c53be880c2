/* SPDX-License-Identifier: ISC */
#ifndef CERTS_CONTENT_PRIVATE_H
#define CERTS_CONTENT_PRIVATE_H

/**
 * What a file holds whose name does not tell: certificates, a private key, both, or neither.
 *
 * Threads: any.
 */

#include "base/file.h"

#include <stdint.h>
#include <time.h>

/** Ends the first line of a certificate, and of a key of any kind, in PEM. */
#define CONTENT_CERTIFICATE "CERTIFICATE-----"
#define CONTENT_KEY         "PRIVATE KEY-----"

/** A digest; that of a public key is the same for a key and for the certificates made for it. */
#define CONTENT_ID_SIZE 32

/** What one file holds. */
struct content {
	struct stat status; /**< of what a link leads to; zero when it cannot be looked at */
	const char *why;    /**< it cannot be read, in a few words; NULL: it was read */
	bool binary;        /**< looks like DER or PKCS#12, which are not read */
	bool blank;         /**< has nothing in PEM at all */
	bool damaged;       /**< has a certificate that cannot be understood */
	bool locked;        /**< has a key that cannot be understood, such as one with a pass phrase */

	unsigned chain_len;                 /**< certificates, the leaf first; 0: none that can be read */
	uint8_t leaf[CONTENT_ID_SIZE];      /**< digest of the leaf */
	uint8_t chain_key[CONTENT_ID_SIZE]; /**< digest of its public key */
	bool authority;                     /**< the leaf is an issuer: a CA's, or signed by itself */
	time_t not_after;                   /**< of the leaf */

	bool has_key;
	uint8_t key[CONTENT_ID_SIZE]; /**< digest of its public key */
};

/** Tell whether a file has a marker somewhere. */
bool content_has(const struct file *file, const char *marker);

/**
 * Tell whether a file that should hold both lacks a chain or a key.  One that cannot be read does not:
 * whoever loads it says why.
 *
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err content_lacks_half(const char *path, bool *lacks);

/**
 * Read a file.  Keys stay in memory no longer than it takes to compute the digests.
 *
 * @param[out] content  also of a file that holds nothing, or cannot be read
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err content_read(const char *path, struct content *content);

#endif
