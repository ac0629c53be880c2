/* SPDX-License-Identifier: ISC */
#ifndef APP_RESTORING_H
#define APP_RESTORING_H

/**
 * mta-stsd --restore: put a copy of the state back, and say in the log what differs.
 *
 * Threads: the main thread.
 */

#include "base/err.h"

/**
 * Restore a copy while no daemon runs.
 *
 * @param state  the state directory
 * @param from  path of the copy
 * @return as restore_run() of store/restore.h
 */
enum err restoring_run(const char *state, const char *from);

#endif
