/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_CHILD_H
#define CTL_ACME_CHILD_H

/**
 * Runs another program without a shell, for a time and with an output that are both bounded.
 *
 * Threads: the main thread only.
 */

#include "base/text.h"

#include <limits.h>

/** What is kept of the output, bytes: its end. */
#define CHILD_OUTPUT_MAX 8192

/** How many words a command line may have, with the program. */
#define CHILD_WORDS_MAX 15

/** How a program ended.  Zero-initialise, freed with child_free(). */
struct child {
	struct text output; /**< the end of what it wrote to standard output and standard error */
	bool timed_out;     /**< it was killed, because its time was up */
	int status;         /**< as wait() has it */
};

/** Find a program in the directories of PATH.  Returns ERR_OK, ERR_NOT_FOUND. */
enum err child_find(const char *name, char path[PATH_MAX]);

/**
 * Run a program and wait until it ends.
 *
 * It reads nothing, writes no file over 1 MiB, leaves no core, is in the same group as this process, so that
 * an interrupt from the terminal reaches both, and is killed when this process ends before it.
 *
 * @param argv  the path of the program first; ends with NULL
 * @param timeout_ms  it is killed then
 * @return ERR_OK (however it ended), ERR_IO (it cannot be started or waited for; errno tells why),
 *         ERR_NO_MEMORY (it was killed)
 */
enum err child_run(const char *const argv[], int timeout_ms, struct child *child);

/** Tell whether it ended by itself, with this status. */
bool child_exited(const struct child *child, int status);

/** Free the output. */
void child_free(struct child *child);

#endif
