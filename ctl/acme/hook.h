/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_HOOK_H
#define CTL_ACME_HOOK_H

/**
 * The command "acme-hook": what uacme(1) asks at the beginning of a challenge and at its end.
 *
 * uacme runs a program by its path alone, with five words of which one may begin with a hyphen, so this
 * program is its hook when it was started under the name acme-hook, too.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/view.h"

/** The name of the command, and of a link to this program that is one. */
#define HOOK_NAME "acme-hook"

/**
 * The arguments of a hook as a command line whose words are no options.
 *
 * @param[in,out] argc  how many there are
 * @return an array to free(), or NULL: they are taken as they are, or there is no memory
 */
char **hook_arguments(int *argc, char *argv[]);

/**
 * Open a challenge of a type that the daemon answers, or close one.
 *
 * @return RUN_DONE, RUN_NOT_DONE (declined, which is not said, or refused), RUN_USAGE, RUN_UNKNOWN
 */
enum run_status hook_run(const struct run_view *view);

#endif
