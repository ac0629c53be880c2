/* SPDX-License-Identifier: ISC */
#ifndef UNIT_MAKE_CERT_H
#define UNIT_MAKE_CERT_H

/**
 * Keys and certificates for tests, made on the spot in a temporary directory.
 *
 * All leaves are issued by the same throw-away CA.  Whatever goes wrong here fails the running test.
 */

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

/** When the tests happen, whatever the clock says: 2026-01-01T00:00:00Z. */
#define MAKE_CERT_NOW ((time_t)1767225600)

/** Seconds. */
#define MAKE_CERT_DAY ((time_t)86400)

enum make_cert_key {
	MAKE_CERT_P256,
	MAKE_CERT_P384,
	MAKE_CERT_P521,
	MAKE_CERT_RSA2048,
	MAKE_CERT_RSA4096,
	MAKE_CERT_RSA1024,
	MAKE_CERT_ED25519
};

/** What is odd about the issuer that follows a leaf first. */
enum make_cert_issuer {
	MAKE_CERT_ISSUER_FINE,
	MAKE_CERT_ISSUER_IMPOSTOR, /**< the same name with another key */
	MAKE_CERT_ISSUER_NO_CA,
	MAKE_CERT_ISSUER_CLIENTS, /**< for clients' certificates only */
	MAKE_CERT_ISSUER_EXPIRED, /**< at MAKE_CERT_NOW - 1 */
	MAKE_CERT_ISSUERS
};

/** What to make; what is left out is P-256, valid from yesterday for 90 days, without issuers. */
struct make_cert {
	const char *names[4];    /**< of the subjectAltName; a '|' in one becomes a NUL */
	const char *common_name; /**< NULL: no host's */
	enum make_cert_key key;
	time_t not_before, not_after;
	size_t size; /**< of the leaf in DER; 0: as it comes */
	bool must_staple;
	unsigned usage;       /**< keyUsage, GNUTLS_KEY_... */
	const char *purpose;  /**< the only one of the extendedKeyUsage, by its OID */
	const char *critical; /**< OID of a critical extension without any meaning */
	bool authority;       /**< CA:TRUE */
	bool self_signed;
	bool sha1;         /**< signed with it */
	bool tells_issuer; /**< says where its issuer's certificate is to be had */
	bool names_key;    /**< it has an identifier of its issuer's key */
	char damaged;      /**< 'p' or 'd': this part of the RSA key is wrong */
	unsigned issuers;  /**< how many of them follow the leaf; from the second on it is the root */
	enum make_cert_issuer issuer;
	bool reversed; /**< the issuers stand in the wrong order */
};

/** Make a directory; removed and freed with make_cert_remove(). */
char *make_cert_directory(void);

/** Remove a directory and everything below it, free the path and set NULL. */
void make_cert_remove(char **directory);

/** The path of a name below a directory; a static buffer that the eighth call from now uses again. */
const char *make_cert_path(const char *directory, const char *name);

/** Write a file below a directory, and the folders on the way to it. */
void make_cert_file(const char *directory, const char *name, const char *bytes, mode_t mode);

/** The same at the end of a file that may exist. */
void make_cert_append(const char *directory, const char *name, const char *bytes);

/**
 * Make a key and a certificate and write them below a directory, the key with mode 0640.
 *
 * @param chain, key  names of the files; the same name twice makes one file with both
 */
void make_cert(const struct make_cert *what, const char *directory, const char *chain, const char *key);

#endif
