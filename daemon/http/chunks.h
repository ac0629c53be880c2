/* SPDX-License-Identifier: ISC */
#ifndef HTTP_CHUNKS_H
#define HTTP_CHUNKS_H

/**
 * The chunked transfer coding (RFC 9112, section 7.1), taken apart byte by byte as it comes.
 *
 * As strict as the check of heads: a size is hexadecimal digits and nothing else, every line ends in CRLF.
 * Extensions and trailers are checked and forgotten.
 *
 * Threads: one object a thread.
 */

#include "base/text.h"

/** Longest line with the size of a chunk, and longest trailers in all, bytes. */
#define CHUNKS_LINE_LIMIT 1024

/** Zero-initialise. */
struct chunks {
	unsigned state; /* private, as the others */
	uint64_t left;  /* of the chunk */
	size_t line_len;
};

/**
 * Take what has come, and append what it carries to a body.
 *
 * @param limit  longest body, bytes
 * @return ERR_OK (the body is whole; what came behind it is left out), ERR_AGAIN (more has to come),
 *         ERR_SYNTAX (malformed), ERR_RANGE (the body grows over its limit), ERR_NO_MEMORY
 */
enum err chunks_take(struct chunks *chunks, const char *bytes, size_t len, size_t limit, struct text *body);

#endif
