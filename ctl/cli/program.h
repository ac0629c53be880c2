/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_PROGRAM_H
#define CTL_CLI_PROGRAM_H

/**
 * The whole program, from its arguments to its exit status.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/view.h"

#include <stdio.h>

/**
 * Do what the command line says.
 *
 * @param argv  reordered
 * @param out  for what was asked for
 * @param err  for everything else
 */
enum run_status program_run(int argc, char *argv[], FILE *out, FILE *err);

#endif
