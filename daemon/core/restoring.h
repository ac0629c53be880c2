/* SPDX-License-Identifier: ISC */
#ifndef CORE_RESTORING_H
#define CORE_RESTORING_H

/**
 * The certificates of a backup, put back together with its database.
 *
 * Those that were installed since stay, and of two with the same file name the one that expires later is
 * used: a restore makes no certificate older.
 *
 * Threads: the clerk's.
 */

#include "core/manifest.h"

/** Certificates on their way back. */
struct restoring {
	const char *backup; /**< path of the backup */
	const struct manifest *manifest;
	const char *state; /**< the state directory */
	size_t taken;      /**< from the backup */
	size_t later;      /**< that stay, since that of the backup expires earlier */
	size_t kept;       /**< that stay, since the backup has none of that file name */
};

/**
 * Write the directory that takes the place of the installed certificates, aside; each that stays or goes for
 * another is logged.  The function of a struct restore.
 *
 * @param context  a struct restoring
 * @param directory_fd  of the state directory, locked
 * @param name  of the directory to make there
 * @return ERR_OK, ERR_STORE (cause logged), ERR_NO_MEMORY
 */
enum err restoring_certificates(void *context, int directory_fd, const char *name);

#endif
