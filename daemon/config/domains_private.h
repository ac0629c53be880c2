/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_DOMAINS_PRIVATE_H
#define CONFIG_DOMAINS_PRIVATE_H

/**
 * Inside of config/: domains.c finds the files, and domains_named.c what all of them name together.  Included
 * after domains.h.
 */

/**
 * Find out which domains the files of a set name, and complain of each that is named twice.
 *
 * @param before  an older set that maybe shares files, or NULL
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err domains_name(struct domains *domains, const struct domains *before, struct complaints *complaints);

#endif
