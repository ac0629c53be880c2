/* SPDX-License-Identifier: ISC */
#ifndef APP_OFFLINE_H
#define APP_OFFLINE_H

/**
 * What mta-stsd does without serving anything: --check, --backup and --restore.
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
 * Make a backup of the state and say on standard error what it holds, where it is and what restores it.
 *
 * Where the settings file cannot be used it is the state of the settings that were good last.
 *
 * @param directory  where backups are kept
 * @param keep  how many stay there; 0: all
 * @return as settings_load() and backup_run()
 */
enum err offline_backup(const char *config, const char *directory, unsigned keep);

/**
 * Put a backup, or a copy of the database, of the state in the place of what is there, while no daemon runs,
 * and say on standard error what differs.
 *
 * @param from  path of the backup or the copy
 * @return as settings_load(), manifest_check() and restore_run()
 */
enum err offline_restore(const char *config, const char *from);

#endif
