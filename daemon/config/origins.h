/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_ORIGINS_H
#define CONFIG_ORIGINS_H

/**
 * Where domain files come from besides the directory that they are in.
 *
 * Threads: any.
 */

#include "config/domains.h"

/**
 * Name the lists and includes that domain files ask for, those that are not there, too, and the links in
 * their directory.
 *
 * @param domains  as they were last loaded from it, or NULL
 * @param[in,out] paths  added to, and sorted
 * @return ERR_OK, also where the directory cannot be read; ERR_NO_MEMORY
 */
enum err origins_of_domains(const char *directory, const struct domains *domains, struct names *paths);

#endif
