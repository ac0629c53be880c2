/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_ROWS_H
#define CONTROL_ROWS_H

/**
 * The answer with a row a domain, written piece by piece as its client takes it: but for the names of domains
 * that were chosen one by one it costs the same memory for a million as for a thousand, and nobody else waits
 * for all of it.
 *
 * Each row is true when it is written, and none is older than the question.  A domain that comes or goes
 * meanwhile is in the answer or not.
 *
 * Threads: the clerk's.
 */

#include "control/control.h"

/** What is to be told. */
struct rows {
	const char *match;  /**< pattern of names, or NULL: all of them; copied */
	struct names names; /**< when named: the domains; taken over */
	bool named;
	time_t since; /**< those that were published then or later */
};

/** Any time of publication. */
#define ROWS_EVER ((time_t)INT64_MIN)

/** Begin an answer; without memory it is that error. */
void rows_answer(const struct host *host, struct rows *rows, struct answer *answer);

#endif
