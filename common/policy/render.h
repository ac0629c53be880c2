/* SPDX-License-Identifier: ISC */
#ifndef POLICY_RENDER_H
#define POLICY_RENDER_H

/**
 * The bytes we publish.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "base/text.h"
#include "policy/policy.h"

/**
 * Append the one form of a policy that every known sender reads: version, mode, mx lines, max_age; CRLF after
 * each line and nothing else (RFC 8461, section 3.2).
 *
 * The same policy always gives the same bytes.
 *
 * @return ERR_OK, ERR_SYNTAX (it has no mode), ERR_RANGE (over POLICY_TEXT_LIMIT), ERR_NO_MEMORY; on error
 * the text may hold a part of it
 */
enum err render_policy(const struct policy *policy, struct text *out);

#endif
