/* SPDX-License-Identifier: ISC */
#ifndef BASE_CLERK_H
#define BASE_CLERK_H

/**
 * One thread that does jobs, one after another, for the thread of a loop, which has others to serve
 * meanwhile.
 *
 * What only jobs touch needs no lock: no two of them ever run at once, and each sees all that was done before
 * it.
 *
 * Threads: that of the loop.
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
	struct job *next; /**< the clerk's */
};

/**
 * Start the thread, with all signals blocked but those that it may cause itself.
 *
 * @param loop  lent until clerk_end()
 * @return ERR_OK, ERR_IO (no thread or descriptor to be had), ERR_NO_MEMORY
 */
enum err clerk_new(struct loop *loop, struct clerk **clerk);

/** Have a job done behind all that were given before it.  It is lent until done() is called.  Cannot fail. */
void clerk_give(struct clerk *clerk, struct job *job);

/** How many jobs were given and have not come back. */
size_t clerk_jobs(const struct clerk *clerk);

/** How many jobs have come back. */
uint64_t clerk_served(const struct clerk *clerk);

/** Since when, by clock_ms(), the clerk has been at the job that it does; 0: it waits for one. */
uint64_t clerk_busy_since(struct clerk *clerk);

/** Let it do all that was given, hear of each, end the thread and free.  NULL inside is fine. */
void clerk_end(struct clerk **clerk);

#endif
