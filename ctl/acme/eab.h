/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_EAB_H
#define CTL_ACME_EAB_H

/**
 * The credentials by which some authorities bind an account to a customer of theirs (RFC 8555,
 * section 7.3.4).
 *
 * Threads: the main thread only.
 */

#include "base/err.h"

#include <stdio.h>

/** Room for credentials and their end. */
#define EAB_SIZE 1025

/**
 * Read credentials from a file with one line, KEYID:KEY, the key in base64url, which nobody but its owner may
 * read.
 *
 * @param err  gets the complaint, which does not have the credentials
 * @param[out] credentials  on ERR_OK
 * @return ERR_OK, ERR_REFUSED (complained about), ERR_NO_MEMORY
 */
enum err eab_read(const char *path, FILE *err, char credentials[EAB_SIZE]);

#endif
