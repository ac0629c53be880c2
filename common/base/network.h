/* SPDX-License-Identifier: ISC */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

/**
 * Networks of IP addresses.
 *
 * Threads: any.
 */

#include "base/err.h"

#include <netinet/in.h>
#include <stdbool.h>

/** An address and how much of it counts. */
struct network {
	struct in6_addr address; /**< an IPv4 address is mapped into IPv6 (RFC 4291, section 2.5.5.2) */
	unsigned bits;           /**< 0 .. 128, of the address in this form */
};

/**
 * Read "192.0.2.0/24", "2001:db8::/32", or an address alone, which is a network of one.
 *
 * @return ERR_OK, ERR_SYNTAX, ERR_RANGE (behind the part that counts, the address is not zero: what was meant
 * is anybody's guess)
 */
enum err network_parse(const char *text, struct network *network);

/** Tell whether an address, in the form of struct network, is in a network. */
bool network_contains(const struct network *network, const struct in6_addr *address);

#endif
