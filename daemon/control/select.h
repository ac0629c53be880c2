/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_SELECT_H
#define CONTROL_SELECT_H

/**
 * Which domains a request is about.
 *
 * Threads: the main thread.
 */

#include "base/err.h"
#include "base/names.h"
#include "control/body.h"
#include "core/registry.h"
#include "http/routes.h"

#include <jansson.h>
#include <stdbool.h>

/** The fields of a selection as body_read() leaves them; exactly one must be given. */
struct selection {
	const json_t *domains;  /**< array of names */
	const json_t *match;    /**< glob(7) pattern over the names */
	const json_t *all;      /**< true: every domain */
	const json_t *retiring; /**< true: every domain whose published mode is none; there may be none */
};

/** The rows of a table of fields that read a selection. */
#define SELECT_FIELDS(selection)                                                                             \
	{ "domains", BODY_STRINGS, false, &(selection).domains },                                            \
		{ "match", BODY_STRING, false, &(selection).match },                                         \
		{ "all", BODY_BOOLEAN, false, &(selection).all },                                            \
	{                                                                                                    \
		"retiring", BODY_BOOLEAN, false, &(selection).retiring                                       \
	}

/**
 * Find the domains of a selection.  Every domain that is named must be known, and a pattern must match
 * something.
 *
 * @param answer  holds the error when false is returned
 * @param[out] names  normalised, sorted, each once; freed by the caller in any case
 */
bool select_domains(struct registry *registry, const struct selection *selection, struct answer *answer,
		    struct names *names);

/**
 * Answer that something is no domain of this host; or that it is not known, since what is stored of it cannot
 * be read.
 *
 * @param message  for the first case, or NULL for the usual one
 * @param details  taken over; NULL: none
 */
void select_refuse_unknown(struct answer *answer, bool unreadable, const char *message, json_t *details);

/**
 * Find the domains that a pattern matches, all of them when it is NULL.
 *
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err select_matching(const struct registry *registry, const char *match, struct names *names);

#endif
