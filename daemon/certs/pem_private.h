/* SPDX-License-Identifier: ISC */
#ifndef CERTS_PEM_PRIVATE_H
#define CERTS_PEM_PRIVATE_H

/**
 * The parts of a pair in DER, as they stand in its files: nothing is understood here, and nothing checked.
 *
 * Threads: any, one object a thread.
 */

#include "base/file.h"

#include <gnutls/x509.h>
#include <stdint.h>

/** Longest chain, certificates. */
#define PEM_CHAIN_LIMIT 10

/** In which form a key is written. */
enum pem_form {
	PEM_OWN = 1, /**< that of its algorithm: PKCS#1, or SEC 1 */
	PEM_PKCS8,
};

/** Zero-initialise. */
struct pem {
	gnutls_datum_t chain[PEM_CHAIN_LIMIT]; /**< in the order of the file; the library's to free */
	unsigned chain_len;
	gnutls_datum_t key; /**< without data: there is none yet */
	enum pem_form form;
};

/**
 * Take the files of a pair apart.
 *
 * @param key  may be the same
 * @param[out] pem  freed with pem_free(), also on error
 * @return ERR_OK, ERR_REFUSED (not the plain case of some certificates and one key: only who understands all
 * of it can tell), ERR_NO_MEMORY
 */
enum err pem_read(const struct file *chain, const struct file *key, struct pem *pem);

/** The digest of all parts; returns ERR_OK, ERR_NO_MEMORY. */
enum err pem_digest(const struct pem *pem, uint8_t *digest, size_t size);

/** Read the key of a DER into one that was initialised; returns what the library does. */
int pem_import_key(const gnutls_datum_t *der, enum pem_form form, gnutls_x509_privkey_t key);

/** Free the parts, overwriting the key first. */
void pem_free(struct pem *pem);

#endif
