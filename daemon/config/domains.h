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

#include "policy/policy.h"
#include "policy/record.h"

/** One configured domain. */
struct configured {
	const char *domain;          /**< normalised */
	const struct policy *policy; /**< may be shared with other domains of the same file */
	char id[ID_SIZE];            /**< the id that the operator set for this policy, or "" */
	const char *source;          /**< path of the domain file; domains of one file share the string */
	const char *file;            /**< path where it is named: the same, or one that is included */
	unsigned line;               /**< where the domain is named, or 0 when the file's name does it */
	bool refused; /**< named at two places: neither counts, and the last revision goes on */
};

/** All configured domains, sorted by name, each name once; owns what the items point to. */
struct domains {
	struct configured *item;
	size_t count;
	struct names refused_files; /**< paths of files that were not taken, sorted */
	/* Private to config/: */
	size_t capacity;
	struct policy **policy; /* those that the items point to, and maybe more */
	size_t policies;
	size_t policy_capacity;
	struct names strings; /* domains and paths */
	const char *source;   /* the file that is being read */
	const char *file;     /* the path that was added last */
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
