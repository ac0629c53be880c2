/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_VIEW_H
#define CTL_CLI_VIEW_H

/**
 * How a command ends, and what one that runs by itself has to know.
 *
 * Threads: the main thread only.
 */

#include <stdio.h>

struct command;
struct options;

enum run_status {
	RUN_DONE = 0,
	RUN_NOT_DONE = 1, /**< and nothing changed; of a reload: the files without errors are in effect */
	RUN_USAGE = 2,
	RUN_UNKNOWN = 3, /**< an order was sent, and may have been carried out: look before you retry */
};

/** What a command that runs by itself (struct command, run) has to know. */
struct run_view {
	const struct command *command;
	const struct options *options;
	FILE *out; /**< for what was asked for */
	FILE *err; /**< for everything else */
};

#endif
