/* SPDX-License-Identifier: ISC */
#ifndef TLS_HELLO_H
#define TLS_HELLO_H

/**
 * What the library does not tell of a ClientHello.
 *
 * Threads: any.
 */

#include <stddef.h>

/**
 * The kinds of keys that the cipher suites of a ClientHello allow under TLS 1.2 (RFC 5246, section 7.4.1.2),
 * where a suite names the kind; TLS 1.3 leaves it to the signature algorithms.
 *
 * @param hello  len bytes of anything: the message without its handshake header
 * @return KEY_BIT() each; 0 when none is allowed or the message is malformed
 */
unsigned hello_keys(const unsigned char *hello, size_t len);

#endif
