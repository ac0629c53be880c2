/* SPDX-License-Identifier: ISC */
#ifndef CERTS_PROOF_PRIVATE_H
#define CERTS_PROOF_PRIVATE_H

/**
 * The certificate that answers a challenge of type tls-alpn-01.
 *
 * Threads: any.
 */

#include "certs/pair.h"

/** The letters of base64url, each at the place of its value (RFC 4648, section 5). */
#define PROOF_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/**
 * Make a pair with a new key and a certificate signed by itself: its only name is that of the host, and a
 * critical extension acmeIdentifier has the digest of the key authorization (RFC 8737, section 3).
 *
 * @param authorization  that is one
 * @param until  it expires a day after that
 * @param[out] pair  with one reference
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err proof_new(const char *host, const char *authorization, time_t now, time_t until, struct pair **pair);

#endif
