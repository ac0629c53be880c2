/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_COMMAND_H
#define CTL_CLI_COMMAND_H

/**
 * What there is to know of a command, and whether a command line fits it; all commands stand in
 * ctl/cli/commands.h.
 *
 * Threads: any.
 */

#include "ctl/cli/print.h"
#include "ctl/cli/view.h"

/** What uacme(1) tells its hook: method, type, name, token and authorization of a challenge. */
#define COMMAND_HOOK_WORDS 5

/** What a command takes besides options. */
enum command_operands {
	OPERANDS_NONE,
	OPERANDS_ONE,      /**< one domain, which becomes the end of the path */
	OPERANDS_ENTRY,    /**< the number of an entry of the audit trail, or nothing */
	OPERANDS_MANY,     /**< domains, here or by --file; or --match or the like instead */
	OPERANDS_RETIRING, /**< the same, and nothing stands for --retiring */
	OPERANDS_NAMED,    /**< domains, here and in no other way but by --due or --agree, where there is that
			      option */
	OPERANDS_PAIR, /**< the files of a certificate and its key, or of the first alone; or --from-hook */
	OPERANDS_HOOK, /**< what uacme(1) tells its hook */
	OPERANDS_COMMAND, /**< a command, or nothing: ctl/cli/program.h does all of it, and nothing is asked
			   */
};

/** One row of the table. */
struct command {
	const char *name;      /**< one word, or two: "cert list" */
	const char *arguments; /**< for people, "DOMAIN..."; options that nothing replaces are left out */
	const char *help;      /**< one line */
	uint64_t options;      /**< set of OPTION_BIT() that it takes besides OPTIONS_COMMON */
	enum command_operands operands;
	const char *method; /**< with GET options go into the query; with POST into the body */
	const char *path;   /**< of mta-stsd-api(7); of a command that runs by itself, its first question */
	const char *mode;   /**< goes into the body; NULL when the command is not a switch */
	bool orders;        /**< changes something, unless it is a dry run */
	enum err (*print)(const struct print_view *view, json_t *reply); /**< NULL when run does it all */
	enum run_status (*run)(const struct run_view *view);             /**< NULL: run_usual() */
	const struct print_rows *rows; /**< the reply to an order that was done is taken by them; or NULL */
};

/**
 * Check that the command takes these options and so many operands, and that domains are chosen in one way.
 *
 * @param err  gets the complaint
 * @return ERR_OK, ERR_SYNTAX (complained about)
 */
enum err command_check(const struct command *command, const struct options *options, FILE *err);

/** The set of options that are meant though nothing was said: --all or --retiring when it chooses domains. */
uint64_t command_implied(const struct command *command, const struct options *options);

#endif
