/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_REQUEST_H
#define CTL_CLI_REQUEST_H

/**
 * From a command line, and the domains that it names, to what is asked of the daemon.
 *
 * Threads: any.
 */

#include "client/client.h"
#include "ctl/cli/command.h"

/** Longest list read, bytes: the daemon takes no longer order. */
#define REQUEST_LIST_MAX ((size_t)16 * 1024 * 1024)

/**
 * Make the request of a command.
 *
 * @param err  gets the complaint
 * @param[out] request  freed with client_request_free()
 * @return ERR_OK, ERR_SYNTAX (wrong usage, complained about), ERR_NO_MEMORY
 */
enum err request_make(const struct command *command, const struct options *options, FILE *err,
		      struct client_request *request);

/**
 * The same, with members of the body that no option says.
 *
 * @param more  an object
 * @return as above
 */
enum err request_make_with(const struct command *command, const struct options *options, json_t *more,
			   FILE *err, struct client_request *request);

#endif
