/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_VIEW_H
#define CTL_CLI_VIEW_H

/**
 * How a command ends, and what it has to know: one that runs by itself, and one that only prints.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/options.h"

#include <jansson.h>

struct command;

enum run_status {
	RUN_DONE = 0,
	RUN_NOT_DONE = 1, /**< and nothing changed; of a reload: the files without errors are in effect */
	RUN_USAGE = 2,
	RUN_UNKNOWN = 3, /**< an order was sent, and may have been carried out: look before you retry */
	RUN_PARTLY = 4,  /**< a round of orders was gone through, and some domains got no certificate */
};

/** What a command that runs by itself (struct command, run) has to know. */
struct run_view {
	const struct command *command;
	const struct options *options;
	FILE *out; /**< for what was asked for */
	FILE *err; /**< for everything else */
};

/**
 * Where a printer writes, and what it has to know of the command line.
 *
 * A printer (struct command, print) returns ERR_OK, ERR_SYNTAX (the reply is not what the API promises;
 * nothing of what it wrote is shown), ERR_NO_MEMORY, or ERR_REFUSED where its command says so (printed; exit
 * status 1).
 */
struct print_view {
	FILE *out;   /**< standard output */
	FILE *notes; /**< sentences for people: out, or standard error when out must be TXT records alone */
	FILE *aside; /**< standard error, for what must not stand in out in any form */
	enum options_format format;
	const char *match; /**< the pattern of --match; NULL when it was not given */
	bool retiring;     /**< --retiring was given */
	bool preview;      /**< print no more of a dry run than its table: the operator is asked next */
	bool utf8;         /**< the terminal can show more than ASCII */
	void *rows;        /**< what struct print_rows has made of the rows that the reply has not; or NULL */
};

/** What takes the rows of a long reply as they come, before its printer. */
struct print_rows {
	const char *member; /**< the array of the reply that has them */
	/** Make an object that takes them.  Returns ERR_OK, ERR_NO_MEMORY; ended in any case. */
	enum err (*begin)(const struct print_view *view, void **rows);
	/** Take one.  Returns ERR_OK, or as a printer does. */
	enum err (*take)(void *rows, const json_t *row);
	/** Free the object and set NULL; NULL inside is fine. */
	void (*end)(void **rows);
};

#endif
