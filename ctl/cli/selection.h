/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_SELECTION_H
#define CTL_CLI_SELECTION_H

/**
 * The domains a command line names.
 *
 * Threads: any.
 */

#include "base/names.h"
#include "ctl/cli/options.h"

/** Longest list read, bytes: the daemon takes no longer order. */
#define SELECTION_LIST_MAX ((size_t)16 * 1024 * 1024)

/**
 * Gather the domains that stand on the command line and in --file, each once, in the form that
 * domain_normalise() returns.
 *
 * @param err  gets every complaint: "LIST:3: ..." for one in a list
 * @param[out] domains  freed with names_free(); empty when neither is given
 * @return ERR_OK, ERR_SYNTAX (a name cannot exist, or the list cannot be read, is too long, or names no
 *         domain; complained about), ERR_NO_MEMORY
 */
enum err selection_load(const struct options *options, FILE *err, struct names *domains);

/** The domain that was meant when a policy host or the name of a TXT record was given; NULL otherwise. */
const char *selection_hint(const char *name);

#endif
