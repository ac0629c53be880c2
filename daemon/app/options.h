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
	const char *backup;  /**< directory to make a backup in, or NULL */
	const char *restore; /**< path of a backup, or of a copy of the database, to put back, or NULL */
	unsigned keep;       /**< how many backups stay there; 0: all */
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
