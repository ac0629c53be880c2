/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_WORK_H
#define CTL_CLI_WORK_H

/**
 * Many pieces of work that mostly wait for the network, a few of them at a time; and a line that counts them,
 * for those who sit before a terminal and wait.
 *
 * Threads: work_run() and work_progress_step() from any, the work runs in threads of its own and in the
 * caller's; all else from the main thread.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** How many pieces are done at once. */
#define WORK_THREADS 8

/**
 * Do pieces 0 .. count - 1, each once, and return when all are done.
 *
 * Without threads to be had they are done one after the other.
 */
void work_run(size_t count, void (*work)(void *context, size_t index), void *context);

struct work_progress {
	FILE *to; /**< NULL when nobody sits there, or it is soon done */
	size_t done, total;
	bool shown;
	uint64_t next_ms; /* not before, so that a slow terminal does not hold up the work */
	pthread_mutex_t mutex;
};

/** Begin to count to a total; writes nothing unless the stream is a terminal and the total is not small. */
void work_progress_begin(struct work_progress *progress, FILE *to, size_t total);

/** One more is done. */
void work_progress_step(struct work_progress *progress);

/** Take the line away, to write something else; the next step brings it back. */
void work_progress_clear(struct work_progress *progress);

/** Take the line away for good. */
void work_progress_end(struct work_progress *progress);

#endif
