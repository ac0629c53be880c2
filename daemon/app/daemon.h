/* SPDX-License-Identifier: ISC */
#ifndef APP_DAEMON_H
#define APP_DAEMON_H

/**
 * Birth, life and death of the daemon: an ordered list of stages, each with its mirror image.
 *
 * Threads: the main thread.
 */

#include "app/options.h"

/**
 * Start every stage in order, serve until SIGTERM or SIGINT, and stop the stages in reverse.
 *
 * @return exit status, after sysexits(3): 0, or that of the stage that could not start
 */
int daemon_run(const struct options *options);

/**
 * Load all files and print what is wrong with them on standard error.
 *
 * @return exit status: 0 when there is nothing to correct (warnings may be), EX_CONFIG otherwise
 */
int daemon_check(const struct options *options);

/**
 * Put a copy of the state in the place of what is there, while no daemon runs, and say on standard error what
 * differs.
 *
 * @return exit status: 0, or what store/restore.h tells of an error
 */
int daemon_restore(const struct options *options);

#endif
