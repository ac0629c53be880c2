/* SPDX-License-Identifier: ISC */
#ifndef POLICY_CHECK_H
#define POLICY_CHECK_H

/**
 * What only a whole policy can have wrong.
 *
 * Threads: any.
 */

#include "base/complaints.h"
#include "base/err.h"
#include "policy/policy.h"

/**
 * Check that there is a mode, that mx lines are there if it needs them, and that the text is not over
 * POLICY_TEXT_LIMIT.
 *
 * @param line  where the policy begins, for the complaint
 * @return ERR_OK, ERR_RANGE (complained about), ERR_NO_MEMORY
 */
enum err check_policy(const struct policy *policy, const char *file, unsigned line,
		      struct complaints *complaints);

#endif
