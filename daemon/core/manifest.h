/* SPDX-License-Identifier: ISC */
#ifndef CORE_MANIFEST_H
#define CORE_MANIFEST_H

/**
 * The list of what a backup holds, by which a restore can tell that it is whole: a text file beside the
 * files, one line each,
 *
 *     mta-stsd-backup 1
 *     made 2026-11-30T04:10:00Z by 0.1.0
 *     holds schema=7 domains=2 revisions=5
 *     file 45056 1f2e3d4c5b6a7988 mta-stsd.db
 *     end 8899aabbccddeeff
 *
 * with size and sum of each file; the last line has the sum of those above it.
 *
 * Threads: the clerk's.
 */

#include "base/names.h"
#include "base/text.h"
#include "store/backup.h"

/** Its name in a backup, and the directory of the certificates there. */
#define MANIFEST_FILE         "manifest"
#define MANIFEST_CERTIFICATES "certificates"

/** What a backup holds; zero-initialise, freed with manifest_free(). */
struct manifest {
	struct backup_facts facts;
	struct names certificates; /**< their file names */
	struct text text;
};

/** Begin the list.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err manifest_begin(struct manifest *manifest);

/**
 * Add a file of the backup, as it is on disk now.
 *
 * @param name  relative to the backup
 * @return ERR_OK, ERR_REFUSED (not a regular file, or its name has a control character), ERR_IO,
 * ERR_NO_MEMORY; logged
 */
enum err manifest_add(struct manifest *manifest, const char *backup, const char *name);

/** End the list.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err manifest_end(struct manifest *manifest);

/**
 * Read the list of a backup and compare every file in it with what is there; nothing else may be there.
 *
 * @param[out] manifest  facts and certificates
 * @return ERR_OK, ERR_NOT_FOUND (this is not a backup), ERR_REFUSED (it is damaged, or of a newer mta-stsd),
 * ERR_NO_MEMORY; logged, with what to do
 */
enum err manifest_check(const char *backup, struct manifest *manifest);

/** Free and leave none. */
void manifest_free(struct manifest *manifest);

#endif
