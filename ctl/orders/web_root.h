/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_WEB_ROOT_H
#define CTL_ORDERS_WEB_ROOT_H

/**
 * Policy files as they lie below the directories of a web server, and which domain each is of.
 *
 * Threads: any.
 */

#include "policy/domain.h"

#include <stdio.h>

struct web_file {
	char domain[DOMAIN_SIZE]; /**< normalised */
	char *path;
};

/** Zero-initialise; freed with web_root_free(). */
struct web_root {
	struct web_file *item; /**< by domain, each once */
	size_t count;
	size_t refused; /**< files that are left out, complained about */
};

/**
 * Find the domain in the path of a policy file: the name of the directory nearest to it that is a policy host
 * (mta-sts.example.org), or else of the nearest that is a domain with a dot.
 *
 * @return ERR_OK, ERR_NOT_FOUND
 */
enum err web_root_domain(const char *path, char domain[DOMAIN_SIZE]);

/**
 * Find the files that a pattern of glob(7) matches.
 *
 * @param err  gets the complaints
 * @return ERR_OK (though some are refused), ERR_NOT_FOUND (none; complained about), ERR_NO_MEMORY
 */
enum err web_root_find(const char *pattern, FILE *err, struct web_root *root);

/** Free what was found; fine to repeat. */
void web_root_free(struct web_root *root);

#endif
