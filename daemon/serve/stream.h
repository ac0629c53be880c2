/* SPDX-License-Identifier: ISC */
#ifndef SERVE_STREAM_H
#define SERVE_STREAM_H

/**
 * What carries one request and its answer over a socket: a TLS session, or nothing but the socket itself.
 *
 * Threads: one object a thread.
 */

#include "base/err.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

struct session;

/** Zero-initialise, name the socket, free what it owns with stream_end(). */
struct stream {
	int fd; /**< lent; non-blocking */
	bool is_plain;
	struct session *session; /**< owned; of a stream that is not plain, from the handshake to the end */
	char *host;              /**< of a plain one, once it is known; NULL without memory for it */
	struct text out;         /**< of a plain one: what the socket has not taken yet, from out_at on */
	size_t out_at;
	uint64_t received; /**< bytes, of a plain one */
	uint64_t sent;
};

/**
 * Read what the client says.
 *
 * @param[out] len  1 .. size bytes were read
 * @return ERR_OK, ERR_AGAIN (the socket is drained), ERR_CLOSED
 */
enum err stream_receive(struct stream *stream, void *bytes, size_t size, size_t *len);

/**
 * Tell whether a request may be for a host: over TLS for that of the handshake alone, otherwise for any,
 * because whoever is in front of us has seen to it.
 *
 * @param host  normalised
 */
bool stream_is_for(struct stream *stream, const char *host);

/** The host that a request was for, or was to be for; "" when it is not known. */
const char *stream_host(const struct stream *stream);

/** The version of TLS, "1.3"; "-" without TLS. */
const char *stream_version(const struct stream *stream);

/**
 * Say the last words.  Nothing is on the wire before stream_flush().
 *
 * @param len  0 when there is nothing to say
 * @return ERR_OK, ERR_CLOSED (the connection has failed, or there is no memory)
 */
enum err stream_finish(struct stream *stream, const void *bytes, size_t len);

/**
 * Write the last words.
 *
 * @return ERR_OK (all of it is with the kernel), ERR_AGAIN (call again once the socket can be written),
 * ERR_CLOSED
 */
enum err stream_flush(struct stream *stream);

/** Tell whether an ERR_AGAIN was for writing, too. */
bool stream_wants_write(const struct stream *stream);

/** Bytes of memory that it holds, as far as they are ours and not a library's. */
size_t stream_memory(const struct stream *stream);

/**
 * Free what it owns, without another byte on the wire.  Fine to repeat.
 *
 * @param[out] received, sent  bytes that it has read from the socket and written to it since it was asked
 */
void stream_end(struct stream *stream, uint64_t *received, uint64_t *sent);

#endif
