/* SPDX-License-Identifier: ISC */
#ifndef CERTS_RENEWAL_PRIVATE_H
#define CERTS_RENEWAL_PRIVATE_H

/**
 * The name under which an authority tells when a certificate should be renewed.
 *
 * Threads: any.
 */

#include "base/err.h"

#include <gnutls/x509.h>

/** Longest identifier of an issuer's key and longest serial number that are taken, bytes: three times what
 * RFC 5280 allows the latter. */
#define RENEWAL_PART_MAX 64

/** Room for such a name and its end. */
#define RENEWAL_SIZE (2 * ((RENEWAL_PART_MAX * 4 + 2) / 3) + 2)

/**
 * Write the unique identifier of a certificate (RFC 9773, section 4.1): its authority key identifier and its
 * serial number, each in base64url.
 *
 * @param[out] out  "" when the certificate has none, which is no fault of it
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err renewal_write(gnutls_x509_crt_t certificate, char out[RENEWAL_SIZE]);

#endif
