/* SPDX-License-Identifier: ISC */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

/**
 * The head of a public request, checked byte by byte against RFC 9112 before any library parses it.
 *
 * Whatever two readers could take in two ways is refused: a bare CR or LF, a NUL or other control, a folded
 * line, a blank before a colon, two Hosts, two Content-Lengths, a transfer coding.  Pure: no I/O, no state.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "http/routes.h"
#include "policy/domain.h"

#include <stddef.h>

/** Longest head, bytes, the empty line included; a longer one is answered with 431. */
#define HEAD_LIMIT 8192

/**
 * Longest target, bytes; a longer one is answered with 414.  The one that is served has 27; a query of
 * nothing but separators, up to here, is what libmicrohttpd can hold in the memory it gives a connection.
 */
#define HEAD_TARGET_LIMIT 256

/** What a head says, as far as it matters here. */
struct head {
	enum method method;
	char host[HOST_SIZE]; /**< of the Host field, normalised, without its port */
};

/**
 * Find the end of a head: the first empty line, after CRLF or a bare LF (which head_check() then refuses).
 *
 * @param[out] end  bytes of the head with its empty line
 * @return ERR_OK, ERR_AGAIN (not there yet), ERR_RANGE (none within HEAD_LIMIT)
 */
enum err head_find(const char *bytes, size_t len, size_t *end);

/**
 * Check a whole head.
 *
 * A body is never read: GET and HEAD may announce none (a Content-Length of 0 is fine), other methods may.
 *
 * @param bytes  len bytes, as head_find() delimits them
 * @param[out] head  written when 0 is returned
 * @return 0, or the status to refuse it with: 400 (malformed or ambiguous, or not exactly one valid Host),
 *         414 (target too long), 501 (transfer coding), 505 (not HTTP/1.0 or 1.1)
 */
unsigned head_check(const char *bytes, size_t len, struct head *head);

#endif
