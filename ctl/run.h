/* SPDX-License-Identifier: ISC */
#ifndef CTL_RUN_H
#define CTL_RUN_H

/**
 * One command, from its arguments to its exit status.
 *
 * Threads: the main thread only.
 */

#include <stdio.h>

enum run_status {
	RUN_DONE = 0,
	RUN_NOT_DONE = 1, /**< and nothing changed; of a reload: the files without errors are in effect */
	RUN_USAGE = 2,
	RUN_UNKNOWN = 3, /**< an order was sent, and may have been carried out: look before you retry */
};

/**
 * Do what the command line says.
 *
 * @param argv  reordered
 * @param out  for what was asked for
 * @param err  for everything else
 */
enum run_status run(int argc, char *argv[], FILE *out, FILE *err);

#endif
