/* SPDX-License-Identifier: ISC */
#ifndef CERTS_ISSUER_PRIVATE_H
#define CERTS_ISSUER_PRIVATE_H

/**
 * The name of an issuer, as a certificate has it.
 *
 * Threads: any.
 */

#include "base/err.h"

#include <gnutls/x509.h>

/** Room for an issuer; a longer one is cut and ends in "...". */
#define ISSUER_SIZE 256

/**
 * Write the distinguished name of a certificate's issuer (RFC 4514) in visible ASCII and blanks: all other
 * bytes stand as a backslash and two digits, as section 2.4 of the RFC allows for any.
 *
 * @param[out] out  "" when the name cannot be read
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err issuer_write(gnutls_x509_crt_t certificate, char out[ISSUER_SIZE]);

#endif
