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

#include "config/index.h"

/** A domain that is named several times. */
struct twice {
	const char *domain;
	size_t places; /**< at which it is named */
};

/** The files of a directory, sorted by path, and all domains that they configure. */
struct domains {
	struct said **file;
	size_t files;
	size_t count;        /**< domains, those that are named twice among them */
	size_t opened;       /**< files that the load opened: they may have changed */
	size_t parsed;       /**< files of these that had, or that were new */
	struct index index;  /**< of all places that name domains */
	struct twice *twice; /**< by name */
	size_t twices;
};

/**
 * Load a directory of domain files.
 *
 * Every file is tried; each complaint of a file counts against that file alone.  Hidden files and editors'
 * backups (.swp, ~, .bak, .dpkg-*, .rpm*) and *.example are passed over silently, other endings and
 * sub-directories with a warning.
 *
 * A file that is what it was in an older set (config/stamp.h) is not opened, and complained about as it was
 * then: whatever is not new costs a look at its times.  The set comes out the same as without the older one.
 *
 * @param before  an older set or NULL: a file that says what it said there is shared with it
 * @param[out] domains  freed with domains_free(); written when the directory could be read, however many
 *         files could not
 * @return ERR_OK, ERR_IO (the directory cannot be read; complained about), ERR_NO_MEMORY
 */
enum err domains_load(const char *directory, const struct domains *before, struct complaints *complaints,
		      struct domains **domains);

/** The configured domain of a name, or one that says NULL; one that is named twice is found, too. */
struct said_entry domains_find(const struct domains *domains, const char *domain);

/** Call with every domain, by name, until it returns something else than ERR_OK; returns that. */
enum err domains_each(const struct domains *domains,
		      enum err (*each)(void *context, const struct said_entry *entry), void *context);

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

/**
 * Call with each domain of which two sets may say something else, by name, until it returns something else
 * than ERR_OK: any other is said by the same file in the same words, and as often.
 *
 * @param each  with a name that one of the sets lends
 * @return what it returns, or ERR_NO_MEMORY
 */
enum err domains_differ(const struct domains *before, const struct domains *now,
			enum err (*each)(void *context, const char *domain), void *context);

/** Free a set and what it does not share; NULL inside is fine. */
void domains_free(struct domains **domains);

#endif
