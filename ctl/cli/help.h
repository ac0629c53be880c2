/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_HELP_H
#define CTL_CLI_HELP_H

/**
 * --help, generated from the tables of commands and options.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/cli/command.h"

#include <stdio.h>

/**
 * Print the help of one command, or of all.
 *
 * @param command  NULL for all
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err help_print(const struct command *command, FILE *out);

/**
 * Print which commands begin with a word.
 *
 * @return as above
 */
enum err help_print_words(const char *word, FILE *out);

#endif
