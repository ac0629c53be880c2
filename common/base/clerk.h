/* SPDX-License-Identifier: ISC */
#ifndef BASE_CLERK_H
#define BASE_CLERK_H

/**
 * One thread that does jobs, one after another, for the thread of a loop, which has others to serve
 * meanwhile.
 *
 * What only jobs touch needs no lock: no two of them ever run at once, and each sees all that was done before
 * it.  One that takes long has those that wait for an answer done in its middle, by clerk_turn().
 *
 * Threads: that of the loop, but for clerk_turn().
 */

#include "base/loop.h"

#include <stdbool.h>
#include <stddef.h>

struct clerk;

/** Something to do; lives inside the object that it is for. */
struct job {
	/** Do it, on the clerk's thread. */
	void (*run)(struct job *job);
	/** Hear that it is done, on the loop's, from loop_wait() or clerk_end(); may free the job or give it
	 * again. */
	void (*done)(struct job *job);
	bool aside;       /**< it may be done in the middle of another, by clerk_turn() */
	struct job *next; /**< the clerk's */
};

/**
 * Start the thread, with all signals blocked but those that it may cause itself.
 *
 * @param loop  lent until clerk_end()
 * @return ERR_OK, ERR_IO (no thread or descriptor to be had), ERR_NO_MEMORY
 */
enum err clerk_new(struct loop *loop, struct clerk **clerk);

/** Have a job done behind all that were given before it, but for those that have their turn aside.  It is
 * lent until done() is called.  Cannot fail. */
void clerk_give(struct clerk *clerk, struct job *job);

/** How many jobs were given and have not come back. */
size_t clerk_jobs(const struct clerk *clerk);

/** How many jobs have come back. */
uint64_t clerk_served(const struct clerk *clerk);

/** Since when, by clock_ms(), the clerk has been at the job that it does; 0: it waits for one. */
uint64_t clerk_busy_since(struct clerk *clerk);

/**
 * Have jobs that may be done aside take their turn, for no longer than is left to the job that calls: on the
 * clerk's thread, from within it, where it can bear to be interrupted.
 *
 * @param step_aside  called before the first of them, when there is one; they are not done unless it says so
 * @param step_back  called behind the last
 */
void clerk_turn(struct clerk *clerk, bool (*step_aside)(void *context), void (*step_back)(void *context),
		void *context);

/** Let it do all that was given, hear of each, end the thread and free.  NULL inside is fine. */
void clerk_end(struct clerk **clerk);

#endif
