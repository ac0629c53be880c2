/* SPDX-License-Identifier: ISC */
#ifndef POLICY_RETIRE_H
#define POLICY_RETIRE_H

/**
 * How long a policy lives on in the caches of senders after it was replaced.
 *
 * Threads: any.
 */

#include "policy/policy.h"

#include <stdint.h>

/**
 * How long a sender may go on acting on a policy that it fetched, seconds: its max_age, or longer because
 * some senders raise short ones, to 7 days for enforce and to a day for testing.  A policy of mode none asks
 * for nothing, so 0.
 *
 * The time runs from the sender's last renewal, and senders renew while DNS shows the id they know: it begins
 * when the next id is visible at every server of the domain.
 */
uint32_t retire_hold(enum mode mode, uint32_t max_age);

#endif
