/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_PROGRAM_H
#define CTL_CLI_PROGRAM_H

/**
 * The whole program, from its arguments to its exit status; and --help, generated from the tables of commands
 * and options.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/command.h"

/**
 * Print the help of one command, or of all.
 *
 * @param command  NULL for all
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err program_help(const struct command *command, FILE *out);

/**
 * Do what the command line says.
 *
 * @param argv  reordered
 * @param out  for what was asked for
 * @param err  for everything else
 */
enum run_status program_run(int argc, char *argv[], FILE *out, FILE *err);

#endif
