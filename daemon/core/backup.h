/* SPDX-License-Identifier: ISC */
#ifndef CORE_BACKUP_H
#define CORE_BACKUP_H

/**
 * Backups of what only the state directory has: the policy state, and the certificates that were installed
 * over the control socket with their keys.  Settings and domain files are not in it.
 *
 * A backup is a directory with a name of its time, mta-stsd-YYYYMMDDThhmmssZ.  It is made under another name,
 * and gets this one when it is on disk and was read back; so one that has it is whole.
 *
 * Threads: the clerk's.
 */

#include "core/manifest.h"

/** Room for the name of a backup and its end. */
#define BACKUP_NAME_SIZE 32

/** What is asked for. */
struct backup_order {
	const char *state;     /**< the state directory */
	const char *directory; /**< where backups are kept; made (mode 0700) when there is none */
	unsigned keep;         /**< how many backups stay, the new one with them; 0: all */
};

/** What was done. */
struct backup_done {
	char name[BACKUP_NAME_SIZE];
	struct manifest manifest; /**< freed with manifest_free() */
	size_t removed;           /**< older backups */
};

/**
 * Make a backup, whether the daemon runs or not; then remove the oldest ones beyond those to keep.
 *
 * @return ERR_OK, ERR_EXISTS (there is one of this second, or another one is being made), ERR_NOT_FOUND
 * (there is no state), ERR_REFUSED (the state is damaged, or the directory is the state directory or in it),
 * ERR_STORE, ERR_IO, ERR_NO_MEMORY: there is no new backup and every older one stays; ERR_UNKNOWN: the new
 * backup is there, and an older one could not be removed; the cause is logged
 */
enum err backup_run(const struct backup_order *order, struct backup_done *done);

#endif
