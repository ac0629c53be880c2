/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_DOMAINS_PRIVATE_H
#define CONFIG_DOMAINS_PRIVATE_H

/**
 * How configured domains come in: domain file by domain file.
 *
 * Threads: any, one object a thread.
 */

#include "base/complaints.h"

struct domains;
struct policy;

/** Largest domain file with what it includes, bytes. */
#define DOMAIN_FILE_LIMIT (256UL << 20)

/** The kinds of file that are read, by how their names end. */
enum domain_file_kind { DOMAIN_FILE_NONE, DOMAIN_FILE_CONF, DOMAIN_FILE_TXT };

/** Tell the kind of a file by its name. */
enum domain_file_kind domain_file_kind(const char *name);

/**
 * Read a file and append its domains to those that are there: all of them, or none when there is a complaint.
 *
 * @param name  the path's last part, of a kind that is read; it names the domain when the file itself does
 *         not
 * @return ERR_OK, ERR_SYNTAX (complained about), ERR_NO_MEMORY; on error there is no domain more than before
 */
enum err domain_file_load(const char *path, const char *name, struct complaints *complaints,
			  struct domains *domains);

/**
 * Begin with a domain file: what is added from now on comes from it.
 *
 * @param path  copied
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err domains_begin(struct domains *domains, const char *path);

/**
 * Hand a policy over, to be freed with the domains.
 *
 * @param policy  NULL inside afterwards
 * @return ERR_OK, ERR_NO_MEMORY (still the caller's)
 */
enum err domains_keep(struct domains *domains, struct policy **policy);

/**
 * Append a domain.
 *
 * @param domain  normalised
 * @param file, line  where it is named; the path is copied
 * @param policy  one that was handed over
 * @param id  one that is no id counts as none; NULL for none
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err domains_add(struct domains *domains, const char *domain, const char *file, unsigned line,
			const struct policy *policy, const char *id);

/**
 * Sort the domains from an index on, by name.
 *
 * A name that is there several times stays once, refused, and is complained about at each of its places.
 */
void domains_sort(struct domains *domains, size_t first, struct complaints *complaints);

#endif
