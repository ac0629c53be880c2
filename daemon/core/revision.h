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

/** What evidence/tally.c keeps with a revision that was fetched. */
struct revision_tally {
	struct fetches fresh;      /**< noted, under the tally's lock */
	struct fetches taken;      /**< being written */
	atomic_int_fast64_t total; /**< of its domain since the start */
	struct revision *next_fresh;
	struct revision *next_taken;
	bool is_taken;
};

struct revision {
	const char *text; /**< the policy file; kept once for all revisions that say the same */
	int64_t number;   /**< in the store; 0 until it is committed, and set before it is visible */
	time_t published_at;
	_Atomic(struct revision_tally *) tally; /* NULL: it was never fetched */
	atomic_uint references;                 /* private to revision.c, as all of what it counts */
	enum mode mode : 8;
	char id[];
};

/**
 * Make a revision from the text that is, or will be, in the store.
 *
 * @param text  a policy as syntax_render() writes it; read only if no revision says the same, and copied
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

/** Bytes of the policy file. */
size_t revision_len(const struct revision *revision);

/** The max_age that it says, seconds. */
uint32_t revision_max_age(const struct revision *revision);

/** What is counted of a revision, or NULL: it was never fetched. */
struct revision_tally *revision_tally(struct revision *revision);

/** The same, made when there is nothing; NULL without memory. */
struct revision_tally *revision_make_tally(struct revision *revision);

/** How often the domain of a published revision was fetched since the start, by whatever revision. */
int64_t revision_fetched(struct revision *revision);

/**
 * Let a revision go on with what was counted for the one that it replaces.  A fetch that found the former and
 * is not noted yet is missing then from revision_fetched(); what is written has it.  Without memory that
 * number begins anew.
 */
void revision_follow(struct revision *next, struct revision *former);

/** How many bytes one takes, without a text that others say, too. */
size_t revision_memory(const struct revision *revision);

/** One more reference; returns the revision. */
struct revision *revision_retain(struct revision *revision);

/** Give a reference up and set NULL; the last one frees.  NULL inside is fine. */
void revision_release(struct revision **revision);

#endif
