/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_PROGRESS_H
#define CTL_CLI_PROGRESS_H

/**
 * A line that counts, for those who sit before a terminal and wait.
 *
 * Threads: progress_step() from any; all else from the main thread.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
	FILE *to; /**< NULL when nobody sits there, or it is soon done */
	size_t done, total;
	bool shown;
	uint64_t next_ms; /* not before, so that a slow terminal does not hold up the work */
	pthread_mutex_t mutex;
};

/** Begin to count to a total; writes nothing unless the stream is a terminal and the total is not small. */
void progress_begin(struct progress *progress, FILE *to, size_t total);

/** One more is done. */
void progress_step(struct progress *progress);

/** Take the line away, to write something else; the next step brings it back. */
void progress_clear(struct progress *progress);

/** Take the line away for good. */
void progress_end(struct progress *progress);

#endif
