/* SPDX-License-Identifier: ISC */
#ifndef APP_OFFLINE_H
#define APP_OFFLINE_H

/**
 * What mta-stsd does without serving anything: --check and --restore.
 *
 * Threads: the main thread.
 */

#include "base/err.h"

/**
 * Load all files and print what is wrong with them on standard error; for root in the place of the service,
 * if that can be, and it is said as whom.
 *
 * @param config  path of mta-stsd.conf
 * @return ERR_OK (nothing is to be corrected; there may be warnings), ERR_SYNTAX, ERR_NO_MEMORY
 */
enum err offline_check(const char *config);

/**
 * Put a copy of the state in the place of what is there, while no daemon runs, and say on standard error what
 * differs.
 *
 * @param from  path of the copy
 * @return as settings_load() and restore_run()
 */
enum err offline_restore(const char *config, const char *from);

#endif
