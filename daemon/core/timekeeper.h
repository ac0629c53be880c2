/* SPDX-License-Identifier: ISC */
#ifndef CORE_TIMEKEEPER_H
#define CORE_TIMEKEEPER_H

/**
 * Whether the clock of the machine was set while the daemon runs, or before it started: new ids, and the
 * times until which senders may hold a policy, are only as right as the clock.
 *
 * Two clocks are compared from one look to the next: the time of day, and a steady one that also counts while
 * the machine sleeps.  A slow correction is no jump.
 *
 * Threads: the clerk's.
 */

#include "base/complaints.h"

#include <stdint.h>
#include <time.h>

/** How far the clock has to jump between two looks, seconds. */
#define TIMEKEEPER_JUMP 60

/** How long a jump is complained about, seconds of the steady clock. */
#define TIMEKEEPER_TELL 86400

/** Zero-initialise. */
struct timekeeper {
	time_t now;          /**< of the last look */
	uint64_t steady_ms;  /**< of the last look */
	int64_t jumped;      /**< all jumps together, seconds; forward is more than 0 */
	uint64_t jumps;      /**< how many there were */
	uint64_t jumped_ms;  /**< when the last one was noticed, of the steady clock */
	time_t last_written; /**< when the state was written last before the start */
};

/**
 * Begin to compare.
 *
 * @param last_written  when the state was written last; 0: never
 */
void timekeeper_begin(struct timekeeper *timekeeper, time_t last_written);

/** Compare the clocks with those of the last look; a jump is logged. */
void timekeeper_look(struct timekeeper *timekeeper);

/**
 * Warn of a clock that jumped in the last day and was not set back, and of one that shows a time before the
 * state was written last.
 *
 * @param path  a file to complain under: a clock has none
 */
void timekeeper_complain(const struct timekeeper *timekeeper, const char *path,
			 struct complaints *complaints);

#endif
