/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_DOMAIN_FILE_H
#define CONFIG_DOMAIN_FILE_H

/**
 * One domain file.
 *
 * Threads: any, one set a thread.
 */

#include "base/complaints.h"
#include "base/err.h"
#include "config/domain_set.h"

/** Largest domain file with what it includes, bytes. */
#define DOMAIN_FILE_LIMIT (256UL << 20)

/** The kinds of file that are read, by how their names end. */
enum domain_file_kind { DOMAIN_FILE_NONE, DOMAIN_FILE_CONF, DOMAIN_FILE_TXT };

/** Tell the kind of a file by its name. */
enum domain_file_kind domain_file_kind(const char *name);

/**
 * Read a file and append its domains to a set: all of them, or none when there is a complaint.
 *
 * @param name  the path's last part, of a kind that is read; it names the domain when the file itself does
 *         not
 * @return ERR_OK, ERR_SYNTAX (complained about), ERR_NO_MEMORY; on error the set has no item more than before
 */
enum err domain_file_load(const char *path, const char *name, struct complaints *complaints,
			  struct domain_set *set);

#endif
