/* SPDX-License-Identifier: ISC */
#ifndef APP_DAEMON_H
#define APP_DAEMON_H

/**
 * Birth, life and death of the daemon: an ordered list of stages, each with its mirror image.
 *
 * Threads: the main thread.
 */

#include "base/err.h"

/**
 * Start every stage in order, serve until SIGTERM or SIGINT, and stop the stages in reverse.
 *
 * @param config  path of mta-stsd.conf
 * @return ERR_OK, or what the stage that could not start returned
 */
enum err daemon_run(const char *config);

#endif
