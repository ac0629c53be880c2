/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_DOMAIN_FILE_H
#define CONFIG_DOMAIN_FILE_H

/**
 * One domain file, read.
 *
 * Threads: any.
 */

#include "config/said.h"

/** Largest domain file with what it includes, bytes. */
#define DOMAIN_FILE_LIMIT (256UL << 20)

/** The kinds of file that are read, by how their names end. */
enum domain_file_kind { DOMAIN_FILE_NONE, DOMAIN_FILE_CONF, DOMAIN_FILE_TXT };

/** Tell the kind of a file by its name. */
enum domain_file_kind domain_file_kind(const char *name);

/**
 * Read a file: all of its domains, or none of them when there is a complaint.
 *
 * @param name  the path's last part, of a kind that is read; it names the domain when the file itself does
 *         not
 * @param[out] said  refused when there is a complaint; freed with said_release()
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err domain_file_load(const char *path, const char *name, struct complaints *complaints,
			  struct said **said);

#endif
