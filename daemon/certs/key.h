/* SPDX-License-Identifier: ISC */
#ifndef CERTS_KEY_H
#define CERTS_KEY_H

/**
 * The kinds of private keys that a certificate may have here.
 */

/** In the order in which we like to use them. */
enum key_kind { KEY_ECDSA = 1, KEY_RSA, KEY_KINDS };

/** Sets of kinds: one bit each. */
#define KEY_BIT(kind) (1u << (kind))
#define KEY_ANY       (KEY_BIT(KEY_ECDSA) | KEY_BIT(KEY_RSA))

#endif
