/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_DOMAINS_H
#define CONFIG_DOMAINS_H

/**
 * The directory of domain files: what the operator wishes each domain to say.
 *
 * A file "*.conf" holds one domain (named by the file or by its "domain"), many domains with one policy, or a
 * list of policies; a file "*.txt" is a policy file of the domain it is named after.  A file is taken whole
 * or not at all: one error in it and none of its domains change.  A domain that two files name is refused
 * alone.
 *
 * Threads: any, one object a thread while it is loaded; read-only afterwards.
 */

#include "base/complaints.h"
#include "base/err.h"
#include "base/names.h"
#include "config/configured.h"

#include <stddef.h>

/** All configured domains, sorted by name, each name once; owns what the items point to. */
struct domains {
	struct configured *item;
	size_t count;
	struct names refused_files;  /**< paths of files that were not taken, sorted */
	struct domains_parts *parts; /**< private */
};

/**
 * Load a directory of domain files.
 *
 * Every file is tried; each complaint of a file counts against that file alone.  Hidden files and editors'
 * backups (.swp, ~, .bak, .dpkg-*, .rpm*) and *.example are passed over silently, other endings and
 * sub-directories with a warning.
 *
 * @param[out] domains  freed with domains_free(); written when the directory could be read, however many
 *         files could not
 * @return ERR_OK, ERR_IO (the directory cannot be read; complained about), ERR_NO_MEMORY
 */
enum err domains_load(const char *directory, struct complaints *complaints, struct domains **domains);

/** The configured domain of a name, or NULL; a refused one is found too. */
const struct configured *domains_find(const struct domains *domains, const char *domain);

/** Free a set; NULL inside is fine. */
void domains_free(struct domains **domains);

#endif
