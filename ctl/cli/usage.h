/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_USAGE_H
#define CTL_CLI_USAGE_H

/**
 * Whether a command line fits its command.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/cli/command.h"
#include "ctl/cli/options.h"

#include <stdio.h>

/**
 * Check that the command takes these options and so many operands, and that domains are chosen in one way.
 *
 * @param err  gets the complaint
 * @return ERR_OK, ERR_SYNTAX (complained about)
 */
enum err usage_check(const struct command *command, const struct options *options, FILE *err);

/** The set of options that are meant though nothing was said: --all or --retiring when it chooses domains. */
unsigned usage_implied(const struct command *command, const struct options *options);

#endif
