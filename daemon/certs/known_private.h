/* SPDX-License-Identifier: ISC */
#ifndef CERTS_KNOWN_PRIVATE_H
#define CERTS_KNOWN_PRIVATE_H

/**
 * The facts of one pair as bytes, with a sum over them, in the form of this machine.
 *
 * Threads: any.
 */

#include "base/text.h"
#include "certs/pair_private.h"

/** Changes with the form of a record. */
#define KNOWN_VERSION 1

/** A record in a buffer; lent. */
struct known {
	const char *file; /**< of the chain; the buffer's */
	const char *bytes;
	size_t size;
};

/** Append the record of a pair; returns ERR_OK, ERR_NO_MEMORY (the text is as before). */
enum err known_write(const struct facts *facts, struct text *text);

/**
 * Read the next record.
 *
 * @param[in,out] at  goes behind it on success
 * @param end  of the buffer
 * @return false: there is none, or it is damaged or not one of ours; every byte of it was looked at
 */
bool known_read(const char **at, const char *end, struct known *record);

/**
 * Make a pair of a record, which is yet to be read.
 *
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err known_pair(const struct known *record, struct pair **pair);

#endif
