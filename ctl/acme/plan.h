/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_PLAN_H
#define CTL_ACME_PLAN_H

/**
 * Which of many names are ordered in one run: the most urgent first, as far as the budget goes.
 *
 * Names are offered one after the other.  Only those are held that are due, and that nothing but a limit of
 * the whole account, which ends within the run, keeps from being ordered: whoever waits for that loses
 * nothing of what the authority allows.
 *
 * Threads: any, one object a thread.
 */

#include "ctl/acme/budget.h"
#include "ctl/acme/due.h"

/** One name that is due. */
struct plan_item {
	struct due due;
	enum entry_what what; /**< ENTRY_NEW or ENTRY_RENEWAL */
	const char *domain;   /**< lent by who offered it, like the host */
	const char *host;
};

/** Begin with plan_begin(), end with plan_free(). */
struct plan {
	struct plan_heap {
		struct plan_item *item; /* the most urgent first */
		size_t count;
		size_t capacity;
	} fresh, renewals;
	time_t until; /* the run ends */
	time_t next;  /**< when more can be ordered at the earliest; 0: there is nothing to come */
};

/** Begin with nothing; the run goes on until a time. */
void plan_begin(struct plan *plan, time_t until);

/**
 * Offer a name.
 *
 * @param item  its strings stay valid as long as the plan
 * @return ERR_OK (held, or the time when it can be ordered is noted), ERR_NO_MEMORY (the plan is as before)
 */
enum err plan_offer(struct plan *plan, const struct plan_item *item, const struct budget *budget, time_t now);

/**
 * Take the most urgent name that may be ordered now; those of which the budget has been spent since they were
 * offered are no longer held, and noted.
 *
 * @param[out] item  on ERR_OK
 * @return ERR_OK, ERR_AGAIN (some are held: wait until next, and ask again), ERR_NOT_FOUND (none is held)
 */
enum err plan_take(struct plan *plan, const struct budget *budget, time_t now, struct plan_item *item);

/** How many names are held. */
size_t plan_count(const struct plan *plan);

/** Free the plan and leave an empty one. */
void plan_free(struct plan *plan);

#endif
