/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_HOOK_H
#define CTL_ORDERS_HOOK_H

/**
 * What an ACME client tells the program that it runs when it has got a certificate.
 *
 * certbot's deploy hook: RENEWED_LINEAGE, a directory with fullchain.pem and privkey.pem, and
 * RENEWED_DOMAINS, every name, with blanks between them.  lego's run-hook and renew-hook: LEGO_CERT_PATH and
 * LEGO_CERT_KEY_PATH.
 *
 * Threads: the main thread only.
 */

#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>

/** Zero-initialise. */
struct hook {
	const char *from;  /**< the client, "certbot" */
	char *chain, *key; /**< paths */
	const char *names; /**< with blanks between them; NULL: not told, or not all of them */
};

/**
 * Read the environment.
 *
 * @param err  gets the complaint
 * @param[out] hook  freed with hook_free(); lent what the environment holds
 * @return ERR_OK, ERR_SYNTAX (no client's variables are there, or not all of them; complained about),
 *         ERR_NO_MEMORY
 */
enum err hook_read(FILE *err, struct hook *hook);

/**
 * Tell whether a certificate may be for a policy host: one of its names is one, or a wildcard, or they are
 * not told.  certbot runs its hooks for every certificate of the machine.
 */
bool hook_concerns(const struct hook *hook);

/** Free the paths and empty it. */
void hook_free(struct hook *hook);

#endif
