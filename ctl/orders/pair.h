/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_PAIR_H
#define CTL_ORDERS_PAIR_H

/**
 * A certificate and its key: where their files are, and from the files to what the daemon takes.
 *
 * The files are named on the command line, or by an ACME client that has got a certificate, to the program
 * that it runs then.  certbot's deploy hook: RENEWED_LINEAGE, a directory with fullchain.pem and privkey.pem,
 * and RENEWED_DOMAINS, every name, with blanks between them.  lego's run-hook and renew-hook: LEGO_CERT_PATH
 * and LEGO_CERT_KEY_PATH; the deploy-hook of lego 5: LEGO_HOOK_CERT_PATH, LEGO_HOOK_CERT_KEY_PATH and
 * LEGO_HOOK_CERT_DOMAINS, with commas.  The hooks of acme.sh: CERT_FULLCHAIN_PATH and CERT_KEY_PATH.
 *
 * What they hold is only looked at so far that a complaint can name the file; all else is checked by the
 * daemon.
 *
 * Threads: the main thread only.
 */

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/** Longest file, bytes: the daemon takes no longer text. */
#define PAIR_FILE_MAX ((size_t)64 * 1024)

/** Where they are.  Zero-initialise; freed with pair_free(). */
struct pair {
	const char *from;  /**< the client, "certbot"; or "files" */
	char *chain;       /**< path */
	char *key;         /**< path, may be the same; NULL: there too, or else the daemon has the key */
	const char *names; /**< with blanks between them; NULL: not told, or not all of them */
};

/**
 * Take them from the environment of a hook.
 *
 * @param err  gets the complaint
 * @param[out] pair  lent what the environment holds
 * @return ERR_OK, ERR_SYNTAX (no client's variables are there, or not all of them; complained about),
 *         ERR_NO_MEMORY
 */
enum err pair_from_hook(FILE *err, struct pair *pair);

/**
 * Tell whether a certificate may be for a policy host: one of its names is one, or a wildcard, or they are
 * not told.  certbot runs its hooks for every certificate of the machine.
 */
bool pair_is_wanted(const struct pair *pair);

/**
 * Read both files.  Without a path of the key, and with none in the chain's file, there is no "key".
 *
 * @param err  gets the complaint
 * @param[out] fields  "certificate" and "key" of POST /v1/certificates; freed with json_decref()
 * @return ERR_OK, ERR_REFUSED (a file cannot be read, is too long or holds something else; complained about),
 *         ERR_NO_MEMORY
 */
enum err pair_read(const struct pair *pair, FILE *err, json_t **fields);

/** Free the paths and empty it. */
void pair_free(struct pair *pair);

#endif
