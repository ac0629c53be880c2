/* SPDX-License-Identifier: ISC */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

/**
 * The head of a request, checked byte by byte against RFC 9112 before any library parses it.
 *
 * Whatever two readers could take in two ways is refused: a bare CR or LF, a NUL or other control, a folded
 * line, a blank before a colon, two Hosts, two Content-Lengths, a length beside a transfer coding.  Pure: no
 * I/O, no state.
 *
 * Threads: any.
 */

#include "http/routes.h"
#include "policy/domain.h"

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
	char host[HOST_SIZE]; /**< public side: of the Host field, normalised, without its port */
	const char *target;   /**< points into the head, target_len bytes */
	size_t target_len;
	uint64_t body_len;     /**< as announced; UINT64_MAX for all that is longer; 0 when it is chunked */
	bool is_chunked;       /**< control side */
	bool expects_go_ahead; /**< "Expect: 100-continue", in HTTP/1.1 */
	bool takes_chunks;     /**< control side: HTTP/1.1 */
};

/**
 * Find the end of a head: the first empty line, after CRLF or a bare LF (which head_check() then refuses).
 *
 * @param[out] end  bytes of the head with its empty line
 * @return ERR_OK, ERR_AGAIN (not there yet), ERR_RANGE (none within HEAD_LIMIT)
 */
enum err head_find(const char *bytes, size_t len, size_t *end);

/** Tell whether a head may begin with a byte; with others, such as those of TLS, it need not be waited for.
 */
bool head_may_begin(char byte);

/**
 * Check a whole head of the public side.
 *
 * A body is never read: GET and HEAD may announce none (a Content-Length of 0 is fine), other methods may.
 *
 * @param bytes  len bytes, as head_find() delimits them
 * @param[out] head  written when 0 is returned
 * @return 0, or the status to refuse it with: 400 (malformed or ambiguous, or not exactly one valid Host),
 *         414 (target too long), 501 (transfer coding), 505 (not HTTP/1.0 or 1.1)
 */
unsigned head_check(const char *bytes, size_t len, struct head *head);

/**
 * Check a whole head of the control side, where any method may have a body, also a chunked one, and the host
 * does not matter: HTTP/1.1 takes one Host, HTTP/1.0 none or one, with any visible characters.
 *
 * @return as head_check(), but never 414: 501 is any transfer coding but "chunked"
 */
unsigned head_check_control(const char *bytes, size_t len, struct head *head);

#endif
