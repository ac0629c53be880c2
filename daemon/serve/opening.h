/* SPDX-License-Identifier: ISC */
#ifndef SERVE_OPENING_H
#define SERVE_OPENING_H

/**
 * What a connection begins with before anything else is made of it: a proxy's header, and a client's first
 * TLS record.
 *
 * Threads: one object a thread.
 */

#include "base/text.h"
#include "serve/counters.h"
#include "serve/proxy.h"

/** The first byte of a TLS record with a ClientHello. */
#define OPENING_HANDSHAKE 22

/** What both read with. */
struct opening {
	int fd;                    /**< lent; non-blocking */
	struct text *bytes;        /**< lent: what is there so far */
	struct counters *counters; /**< lent: where bytes are counted */
	char *scratch;             /**< lent, size bytes, for the time of a call */
	size_t size;
};

/**
 * Read until the header is there as a whole, and take it out of the bytes: what the client itself has sent
 * stays.
 *
 * @return ERR_OK, ERR_AGAIN (the socket is drained), ERR_SYNTAX (what came is none), ERR_CLOSED,
 * ERR_NO_MEMORY
 */
enum err opening_read_header(const struct opening *opening, struct proxy_header *header);

/**
 * Read until the bytes are a whole record, or something that cannot become one and that GnuTLS has to refuse,
 * because it knows the right alert.
 *
 * @return ERR_OK, ERR_AGAIN (the socket is drained), ERR_CLOSED, ERR_NO_MEMORY
 */
enum err opening_read_record(const struct opening *opening);

#endif
