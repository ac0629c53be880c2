/* SPDX-License-Identifier: ISC */
#ifndef POLICY_DOMAIN_H
#define POLICY_DOMAIN_H

/**
 * Names of policy domains and of their policy hosts.
 *
 * Everywhere behind domain_normalise() a domain is lower-case ASCII, A-labels only, without a trailing dot.
 *
 * Threads: any.
 */

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/** Label that makes a policy host of a policy domain (RFC 8461, section 3.3). */
#define DOMAIN_HOST_PREFIX "mta-sts."

/**
 * Longest policy domain, bytes: with "_mta-sts." before it, it must still be a name of at most 253 (RFC 1035,
 * section 2.3.4).
 */
#define DOMAIN_MAX 244

/** Room for a policy domain and its end. */
#define DOMAIN_SIZE (DOMAIN_MAX + 1)

/** Longest host name, bytes, and the room for it and its end. */
#define HOST_MAX  253
#define HOST_SIZE (HOST_MAX + 1)

/**
 * Bring a host name into its one form: lower case, no trailing dot.
 *
 * Letters, digits and hyphens, labels of 1 .. 63 bytes that neither begin nor end with a hyphen (RFC 1123,
 * section 2.1); at least two labels, the last one not all digits (that would be an IP address).
 *
 * @param len  bytes to read; a NUL among them is an error like any other byte that is not allowed
 * @param[out] host  the name
 * @param[out] why  on error: what is wrong, in a few words; a static string; may be NULL
 * @return ERR_OK, ERR_SYNTAX
 */
enum err domain_normalise_host(const char *name, size_t len, char host[HOST_SIZE], const char **why);

/**
 * The same for a policy domain as an operator writes it: at most DOMAIN_MAX long, and U-labels (UTF-8) are
 * turned into A-labels.
 *
 * @param[out] why  as above
 * @return ERR_OK, ERR_SYNTAX
 */
enum err domain_normalise(const char *name, char domain[DOMAIN_SIZE], const char **why);

/** Write the policy host of a domain; returns host. */
const char *domain_host(const char *domain, char host[HOST_SIZE]);

/**
 * The policy domain of a normalised policy host, a part of the argument; NULL when it does not begin
 * "mta-sts.".
 */
const char *domain_of_host(const char *host);

/**
 * The domain that whoever writes the name of a policy host or of a TXT record means, a part of the argument;
 * NULL when it is neither.
 */
const char *domain_meant(const char *name);

#endif
