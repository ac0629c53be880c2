/* SPDX-License-Identifier: ISC */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

/**
 * The commands.
 *
 * One table says everything about each; requests, --help and the test of mta-stsctl(1) follow it.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/options.h"
#include "ctl/print.h"

#include <jansson.h>
#include <stdbool.h>

/** What a command takes besides options. */
enum command_operands {
	OPERANDS_NONE,
	OPERANDS_ONE,  /**< one domain, which becomes the end of the path */
	OPERANDS_MANY, /**< domains, here or by --file; or --match or --all instead */
};

/** One row of the table. */
struct command {
	const char *name;
	const char *arguments; /**< for people, "DOMAIN..."; options that nothing replaces are left out */
	const char *help;      /**< one line */
	unsigned options;      /**< set of OPTION_BIT() that it takes besides OPTIONS_COMMON */
	enum command_operands operands;
	const char *
		method; /**< with GET a --match goes into the query; with POST all options go into the body */
	const char *path; /**< of mta-stsd-api(7) */
	const char *mode; /**< goes into the body; NULL when the command is not a switch */
	bool orders;      /**< changes something, unless it is a dry run */
	/**
	 * ERR_OK, ERR_SYNTAX (not what the API promises), ERR_NO_MEMORY, ERR_REFUSED (printed; exit status
	 * 1)
	 */
	enum err (*print)(const struct print_view *view, json_t *reply);
};

/** All commands, in the order of the manual. */
const struct command *command_table(size_t *count);

/** The name of the command that was probably meant by one that does not exist; NULL when none is near. */
const char *command_nearest(const char *name);

/** Find a command by its name; NULL when there is none. */
const struct command *command_find(const char *name);

#endif
