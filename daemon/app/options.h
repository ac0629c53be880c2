/* SPDX-License-Identifier: ISC */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

/**
 * The command line of mta-stsd(8).
 *
 * Threads: the main thread.
 */

#include <stdbool.h>

/** What the command line says. */
struct options {
	const char *config;  /**< path of mta-stsd.conf */
	const char *restore; /**< path of a copy of the state to put back, or NULL */
	bool check;          /**< load everything, complain, and end */
	bool help;
	bool version;
};

/**
 * Read the command line.
 *
 * @return whether it is right; what is wrong is on standard error otherwise
 */
bool options_parse(int argc, char **argv, struct options *options);

/** Print the help to standard output, made from the table. */
void options_help(void);

#endif
