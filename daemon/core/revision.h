/* SPDX-License-Identifier: ISC */
#ifndef CORE_REVISION_H
#define CORE_REVISION_H

/**
 * A published policy in memory: bytes, id, and when.  Never changes once visible, and lives as long as anyone
 * holds it, so a request that found it serves it whole, whatever is published meanwhile.
 *
 * Threads: any; retain and release are atomic.
 */

#include "policy/policy.h"
#include "policy/record.h"
#include "store/fetches.h"

#include <stdatomic.h>

struct revision {
	const char *text; /**< the policy file, len bytes */
	size_t len;
	char id[ID_SIZE];
	enum mode mode;
	uint32_t max_age; /**< seconds */
	time_t published_at;
	int64_t number; /**< in the store; 0 until it is committed, and set before it is visible */
};

/** What evidence/tally.c keeps with a revision. */
struct revision_tally {
	struct fetches fresh;      /**< noted, under the tally's lock */
	struct fetches taken;      /**< being written */
	atomic_int_fast64_t total; /**< of its domain since the start */
	struct revision *next_fresh;
	struct revision *next_taken;
	bool is_taken;
};

/**
 * Make a revision from the text that is, or will be, in the store.
 *
 * @param text  a policy as syntax_render() writes it; copied
 * @param[out] revision  with one reference
 * @return ERR_OK, ERR_SYNTAX (no policy; cause logged), ERR_NO_MEMORY
 */
enum err revision_new(const char *id, const char *text, size_t len, time_t published_at,
		      struct revision **revision);

/**
 * The policy that a revision says.
 *
 * @param[out] policy  freed with policy_free()
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err revision_policy(const struct revision *revision, struct policy **policy);

/** What is counted of a revision. */
struct revision_tally *revision_tally(struct revision *revision);

/** How often the domain of a published revision was fetched since the start, by whatever revision. */
int64_t revision_fetched(struct revision *revision);

/**
 * Let a revision go on with what was counted for the one that it replaces.  A fetch that found the former and
 * is not noted yet is missing then from revision_fetched(); what is written has it.
 */
void revision_follow(struct revision *next, struct revision *former);

/** One more reference; returns the revision. */
struct revision *revision_retain(struct revision *revision);

/** Give a reference up and set NULL; the last one frees.  NULL inside is fine. */
void revision_release(struct revision **revision);

#endif
