/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_REQUEST_H
#define CTL_CLI_REQUEST_H

/**
 * From a command line to what is asked of the daemon.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/cli/command.h"
#include "ctl/cli/options.h"

#include <stdio.h>

/** Longest body, bytes: the daemon refuses longer ones, mta-stsd-api(7). */
#define REQUEST_BODY_MAX ((size_t)16 * 1024 * 1024)

/** Zero-initialise. */
struct request {
	const char *method;
	char *path; /**< with its query */
	char *body; /**< JSON; NULL when the method takes none */
};

/**
 * Make the request of a command.
 *
 * @param err  gets the complaint
 * @param[out] request  freed with request_free()
 * @return ERR_OK, ERR_SYNTAX (wrong usage, complained about), ERR_NO_MEMORY
 */
enum err request_make(const struct command *command, const struct options *options, FILE *err,
		      struct request *request);

/**
 * The same, with members of the body that no option says.
 *
 * @param more  an object
 * @return as above
 */
enum err request_make_with(const struct command *command, const struct options *options, json_t *more,
			   FILE *err, struct request *request);

/** Free a request's strings, the body overwritten first: it may hold a key; and empty it. */
void request_free(struct request *request);

#endif
