/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_DOMAIN_SET_H
#define CONFIG_DOMAIN_SET_H

/**
 * Configured domains as they come in, and the memory of what they point to.
 *
 * Threads: any, one object a thread.
 */

#include "base/complaints.h"
#include "base/err.h"
#include "base/names.h"
#include "config/configured.h"

#include <stddef.h>

/** Zero-initialise. */
struct domain_set {
	struct configured *item;
	size_t count;
	size_t capacity;
	struct policy **policy; /**< those that the items point to, and maybe more */
	size_t policies;
	size_t policy_capacity;
	struct names strings; /**< domains and paths */
	const char *source;   /**< the file that is being read */
	const char *file;     /**< the path that was added last */
};

/**
 * Begin with a domain file: what is added from now on comes from it.
 *
 * @param path  copied
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err domain_set_begin(struct domain_set *set, const char *path);

/**
 * Hand a policy over to the set.
 *
 * @param policy  NULL inside afterwards
 * @return ERR_OK, ERR_NO_MEMORY (still the caller's)
 */
enum err domain_set_keep(struct domain_set *set, struct policy **policy);

/**
 * Append a domain.
 *
 * @param domain  normalised
 * @param file, line  where it is named; the path is copied
 * @param policy  one that the set keeps
 * @param id  one that is no id counts as none; NULL for none
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err domain_set_add(struct domain_set *set, const char *domain, const char *file, unsigned line,
			const struct policy *policy, const char *id);

/**
 * Sort the domains from an index on, by name.
 *
 * A name that is there several times stays once, refused, and is complained about at each of its places.
 */
void domain_set_sort(struct domain_set *set, size_t first, struct complaints *complaints);

/** Free everything and leave an empty set. */
void domain_set_free(struct domain_set *set);

#endif
