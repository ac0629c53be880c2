/* SPDX-License-Identifier: ISC */
#ifndef CORE_AWAITED_H
#define CORE_AWAITED_H

/**
 * Certificates that are awaited: what keeps each, as the program that orders them reported it, and how its
 * last round went.
 *
 * In memory alone, since the next round, ten minutes later, says it anew.  What is known of a domain ends an
 * hour after it was reported, with its certificate, or with the domain.  Equal details are kept once, and all
 * of them are bounded, so that a program that says too much costs no more than a few bytes a domain.
 *
 * Threads: the clerk's.
 */

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/** States are numbers from 1 on and below this, api/ordering.h has their meaning. */
#define AWAITED_STATES 16

/** How long what was reported is known, seconds. */
#define AWAITED_LIFETIME ((time_t)3600)

/** Bytes of all details together; of what is reported beyond it the detail is left out. */
#define AWAITED_DETAILS_MAX ((size_t)4 << 20)

struct awaited;

/** What keeps one certificate. */
struct awaited_order {
	const char *domain; /**< normalised */
	unsigned state;
	time_t at;          /**< what it means depends on the state; 0: none */
	const char *detail; /**< NULL: none */
};

/** How a round went. */
struct awaited_round {
	time_t reported;    /**< 0: none was since the start */
	unsigned problem;   /**< 0: none */
	const char *detail; /**< NULL: none */
	time_t next;        /**< 0: not known */
};

/** @return ERR_OK, ERR_NO_MEMORY */
enum err awaited_new(struct awaited **awaited);

/** Free all of it; NULL inside is fine. */
void awaited_free(struct awaited **awaited);

/**
 * Take what was reported of a domain, in place of what was known; but without a detail, where the state is the
 * same, that of before goes on.  That the domain is served is the caller's to know.
 *
 * @param now  of clock_now(), as below
 * @return ERR_OK, ERR_NO_MEMORY (what was known is still known)
 */
enum err awaited_put(struct awaited *awaited, const struct awaited_order *order, time_t now);

/** Forget what is known of a domain: it has a certificate now, or is gone.  Cannot fail. */
void awaited_forget(struct awaited *awaited, const char *domain);

/** What is known of a domain; false: nothing.  Strings are lent until the next call. */
bool awaited_find(struct awaited *awaited, const char *domain, time_t now, struct awaited_order *order);

/**
 * What is known of the first domain behind a name, known or not.
 *
 * @param name  NULL: the first of all; it may be lent by the call before if now is the same
 * @param[out] order  strings are lent until the next call
 * @return false: there is none
 */
bool awaited_after(struct awaited *awaited, const char *name, time_t now, struct awaited_order *order);

/** The same of those in a state alone. */
bool awaited_after_in(struct awaited *awaited, const char *name, unsigned state, time_t now,
		      struct awaited_order *order);

/** How many domains are in a state, known without counting. */
size_t awaited_count(struct awaited *awaited, unsigned state, time_t now);

/** Take how a round went; of one that cannot be kept for want of memory the detail is left out. */
void awaited_put_round(struct awaited *awaited, const struct awaited_round *round);

/** How the last round went; its problem, detail and next time are known for as long as what was reported of
 * domains. */
struct awaited_round awaited_last_round(const struct awaited *awaited, time_t now);

/** A sum of what was last logged of all this, 0 at first; the caller's to keep. */
uint64_t *awaited_told(struct awaited *awaited);

/** Bytes that all details have together. */
size_t awaited_details(const struct awaited *awaited);

#endif
