/* SPDX-License-Identifier: ISC */
#ifndef POLICY_MX_H
#define POLICY_MX_H

/**
 * The patterns of a policy's mx lines.
 *
 * Threads: any.
 */

#include "policy/domain.h"

/** Room for "*." and a host name and its end. */
#define MX_SIZE (HOST_SIZE + 2)

/**
 * Bring a pattern into its one form: a host name, or "*." and a host name (RFC 8461, sections 3.2 and 4.1).
 *
 * The wildcard stands alone in the left-most label and nowhere else.
 *
 * @param[out] mx  lower case, no trailing dot
 * @param[out] why  on error: what is wrong, in a few words; a static string
 * @return ERR_OK, ERR_SYNTAX
 */
enum err mx_normalise(const char *pattern, char mx[MX_SIZE], const char **why);

/**
 * Tell whether a pattern covers a host (RFC 8461, section 4.1): the same name, or, with a wildcard, one label
 * more on the left.
 *
 * @param mx  as mx_normalise() writes it
 * @param host  in whatever case, with or without trailing dot
 */
bool mx_matches(const char *mx, const char *host);

#endif
