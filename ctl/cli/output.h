/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_OUTPUT_H
#define CTL_CLI_OUTPUT_H

/**
 * From a reply to what the operator sees: all of it, or of a broken reply nothing.
 *
 * Threads: the main thread only.
 */

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

#endif
