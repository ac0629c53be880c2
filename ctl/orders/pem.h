/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_PEM_H
#define CTL_ORDERS_PEM_H

/**
 * A certificate and its key, from files to what the daemon takes.
 *
 * They are only looked at so far that a complaint can name the file; all else is checked by the daemon.
 *
 * Threads: any.
 */

#include "base/err.h"

#include <jansson.h>
#include <stdio.h>

/** Longest file, bytes: the daemon takes no longer text. */
#define PEM_MAX ((size_t)64 * 1024)

/**
 * Read a chain and its key.
 *
 * @param key  may be the same path
 * @param err  gets the complaint
 * @param[out] fields  "certificate" and "key" of POST /v1/certificates; freed with json_decref()
 * @return ERR_OK, ERR_REFUSED (a file cannot be read, is too long or holds something else; complained about),
 *         ERR_NO_MEMORY
 */
enum err pem_load(const char *chain, const char *key, FILE *err, json_t **fields);

#endif
