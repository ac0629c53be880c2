/* SPDX-License-Identifier: ISC */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

/**
 * The command line of mta-stsd(8).
 *
 * Threads: the main thread.
 */

#include <stdbool.h>
#include <stddef.h>

/** What the command line says. */
struct options {
	const char *config;  /**< path of mta-stsd.conf */
	const char *restore; /**< path of a copy of the state to put back, or NULL */
	bool check;          /**< load everything, complain, and end */
	bool help;
	bool version;
};

/** One option, for the parser, the help and the tests. */
struct option_row {
	const char *name;
	char letter;          /**< 0 for none */
	const char *argument; /**< its name in the help, or NULL */
	const char *help;
};

/** All options. */
const struct option_row *options_table(size_t *count);

/**
 * Read the command line.
 *
 * @return whether it is right; what is wrong is on standard error otherwise
 */
bool options_parse(int argc, char **argv, struct options *options);

/** Print the help to standard output, made from the table. */
void options_help(void);

#endif
