/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_COMMANDS_H
#define CTL_CLI_COMMANDS_H

/**
 * The commands.
 *
 * One table says everything about each; requests, --help and the test of mta-stsctl(1) follow it.
 *
 * Threads: any.
 */

#include "ctl/cli/command.h"

/** All commands, in the order of the manual. */
const struct command *commands_table(size_t *count);

/** The name of the command that was probably meant by one that does not exist; NULL when none is near. */
const char *commands_nearest(const char *name);

/** Find a command by its name; NULL when there is none. */
const struct command *commands_find(const char *name);

/** Tell whether a word begins commands of two words. */
bool commands_begins(const char *word);

/**
 * Find the command that a command line names, and if two words do that, take the second from the others.
 *
 * @return NULL when there is none
 */
const struct command *commands_take(struct options *options);

#endif
