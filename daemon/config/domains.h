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
 * Threads: any, one object a thread while it is loaded; read-only afterwards, and sets that share files are
 * freed by one thread.
 */

#include "config/said.h"

/** The files of a directory, sorted by path, and all domains that they configure, sorted by name, each once.
 */
struct domains {
	struct said **file;
	size_t files;
	struct said_entry *entry;
	size_t count;
};

/**
 * Load a directory of domain files.
 *
 * Every file is tried; each complaint of a file counts against that file alone.  Hidden files and editors'
 * backups (.swp, ~, .bak, .dpkg-*, .rpm*) and *.example are passed over silently, other endings and
 * sub-directories with a warning.
 *
 * @param before  an older set or NULL: a file that says what it said there is shared with it
 * @param[out] domains  freed with domains_free(); written when the directory could be read, however many
 *         files could not
 * @return ERR_OK, ERR_IO (the directory cannot be read; complained about), ERR_NO_MEMORY
 */
enum err domains_load(const char *directory, const struct domains *before, struct complaints *complaints,
		      struct domains **domains);

/** The configured domain of a name, or NULL; one that is named twice is found, too. */
const struct said_entry *domains_find(const struct domains *domains, const char *domain);

/** Tell whether there is a file of a path, and it was refused. */
bool domains_refuse(const struct domains *domains, const char *path);

/**
 * Call for each file that two sets do not share, by path: it is new, says something else, or is gone.
 *
 * @param each  with what it said before and says now; NULL: it was, or is, not there
 */
void domains_compare(const struct domains *before, const struct domains *now,
		     void (*each)(void *context, const struct said *before, const struct said *now),
		     void *context);

/** Free a set and what it does not share; NULL inside is fine. */
void domains_free(struct domains **domains);

#endif
