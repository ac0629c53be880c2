/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_MAKER_H
#define CTL_ACME_MAKER_H

/**
 * Which authority has made a certificate, as its issuer tells: pure functions.
 *
 * An authority has many issuers, and changes them; what they have in common is the organisation.
 *
 * Threads: any.
 */

#include <stdbool.h>

/** Room for a maker and its end; what is longer is cut off, which is as good to compare. */
#define MAKER_SIZE 193

/**
 * The part of an issuer's name that is the same for all issuers of its authority: the organisation, such as
 * "O=Let's Encrypt"; the common name where there is none, else all of it.
 *
 * @param issuer  distinguished name, RFC 4514
 * @return out
 */
const char *maker_of(const char *issuer, char out[MAKER_SIZE]);

/** Tell whether it is one that makes certificates for trials, which no sender trusts. */
bool maker_is_for_trials(const char *maker);

#endif
