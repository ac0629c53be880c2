/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_CONFIRM_H
#define CTL_CLI_CONFIRM_H

/**
 * A last look before an order on many domains, and before domains are forgotten too early.
 *
 * At a terminal (standard input and standard error) the order is tried as a dry run first; when it is about
 * more than CONFIRM_ABOVE domains, the operator sees them and types how many they are.  The order then names
 * the domains he saw, and no others.  Programs are not asked, except for forget --force, which they confirm
 * by --yes.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/request.h"

/** So many domains are switched, reset or forgotten without a question. */
#define CONFIRM_ABOVE 10

/**
 * Make the same order, only to be worked out.
 *
 * @param[out] trial  freed with client_request_free()
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err confirm_make_trial(const struct client_request *order, struct client_request *trial);

/**
 * Make an order name the domains that its dry run told of, and no others, however it chose them.
 *
 * @return ERR_OK, ERR_REFUSED (they are too many; complained about), ERR_SYNTAX (the reply is not what the
 * API promises), ERR_NO_MEMORY
 */
enum err confirm_name_domains(const struct run_view *view, const json_t *reply, struct client_request *order);

/**
 * Tell whether an order has to be tried first.
 *
 * @param[out] trial  the dry run to ask for, freed with client_request_free(); without path when the order
 * can go
 * @return ERR_OK, ERR_SYNTAX (wrong usage, complained about: nobody there to confirm), ERR_NO_MEMORY
 */
enum err confirm_begin(const struct run_view *view, const struct client_request *order,
		       struct client_request *trial);

/**
 * Show what the dry run replied, ask when it has to be asked, and make the order name these domains.
 *
 * @return ERR_OK (the order can go), ERR_REFUSED (the operator did not confirm; said), ERR_SYNTAX (the reply
 *         is not what the API promises), ERR_IO, ERR_NO_MEMORY
 */
enum err confirm_end(const struct run_view *view, json_t *reply, struct client_request *order);

#endif
