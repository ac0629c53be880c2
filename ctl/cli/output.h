/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_OUTPUT_H
#define CTL_CLI_OUTPUT_H

/**
 * From a reply to what the operator sees: all of it, or of a broken reply nothing.
 *
 * Threads: the main thread only.
 */

#include "client/client.h"
#include "ctl/cli/view.h"

/**
 * How a command ends that changed nothing, and a complaint of ERR_SYNTAX (the daemon's reply is not what the
 * API promises), ERR_IO (the output cannot be written; errno tells why) or ERR_NO_MEMORY.
 *
 * @return RUN_DONE on ERR_OK, RUN_NOT_DONE otherwise; on ERR_REFUSED why was said before
 */
enum run_status output_end(FILE *err, enum err what);

/**
 * Print a reply as the command line asks for it.
 *
 * @return what the command's print() returned, or ERR_IO (the output cannot be written; errno tells why)
 */
enum err output_reply(const struct run_view *view, json_t *reply);

/**
 * Print the table of a dry run to view->err, whatever the command line asks for.
 *
 * @return as above
 */
enum err output_preview(const struct run_view *view, json_t *reply);

/** The reply to an order, whose rows are taken as they come, by the rows of its command. */
struct output;

/**
 * Begin: the request will hand its rows over.  JSON is printed as they come; all else, when all has come.
 *
 * @param[out] output  closed with output_close() in any case, and not before the request was asked
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err output_open(const struct run_view *view, struct client_request *request, struct output **output);

/** Print what is left when all rows have come; returns as output_reply(), also of what went wrong with them.
 */
enum err output_rest(struct output *output, json_t *reply);

/** Tell whether some of the rows were printed already. */
bool output_has_begun(const struct output *output);

/** Free it; NULL inside is fine. */
void output_close(struct output **output);

#endif
