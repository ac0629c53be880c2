/* SPDX-License-Identifier: ISC */
#ifndef POLICY_RETIRE_H
#define POLICY_RETIRE_H

/**
 * How long policies live on in the caches of senders after they were replaced: the horizon.
 *
 * A sender keeps a policy for its max_age and begins that time anew, without a fetch, whenever DNS shows it
 * the id under which it got the policy.  So the time runs from when the next id was visible at every server
 * of the domain, and from the last fetch of the old policy, whichever is later.
 *
 * Threads: any.
 */

#include "policy/policy.h"

#include <time.h>

/** For clocks that differ, and fetches under way when a revision was replaced; seconds. */
#define RETIRE_MARGIN 3600

/**
 * How long a resolver may go on showing a record that was replaced when its TTL was never seen; seconds.  A
 * day is the longest TTL in common use.
 */
#define RETIRE_TTL_UNKNOWN 86400

/** What is known of one revision; times that never came are 0. */
struct retire_revision {
	enum mode mode;
	uint32_t max_age; /**< seconds */
	time_t published_at;
	time_t superseded_at;  /**< 0: it is published now */
	time_t last_served_at; /**< the latest time it may have been fetched */
	time_t seen_at;        /**< since when its id was right at every server */
	uint32_t ttl;          /**< longest TTL that its record was seen with, seconds; 0: never seen */
};

/** The horizon of a domain while its revisions are gone through.  Begin with retire_begin(). */
struct retire {
	bool started; /**< whether the id of the published revision was seen everywhere: else safe_at is 0 */
	time_t safe_at; /**< no sender can hold an older revision from then on */
	/**
	 * The same as a span, seconds, or a longer one: from the published id's being visible everywhere, and
	 * the old record's TTL being over, until then; 0: nobody can hold anything.
	 */
	uint32_t wait;
	time_t now;
	time_t end;        /* of the revision that is held longest, as far as it is known */
	time_t covered_at; /* the earliest time at which a newer id was visible everywhere; 0: never */
	uint32_t ttl;      /* longest of the newer ones */
};

/**
 * How long a sender may go on acting on a policy from its last renewal, seconds: its max_age, or longer
 * because some senders raise short ones, to 7 days.  Testing counts as enforce does: there are senders in use
 * that refuse mail for it.  A policy of mode none asks for nothing, so 0.
 */
uint32_t retire_hold(enum mode mode, uint32_t max_age);

/** Begin with the published revision. */
void retire_begin(struct retire *retire, const struct retire_revision *published, time_t now);

/**
 * Go on with the next older revision, from the newest to the oldest.
 *
 * @return whether senders hold this one longer than every one before it
 */
bool retire_add(struct retire *retire, const struct retire_revision *older);

#endif
