/* SPDX-License-Identifier: ISC */
#ifndef TLS_WIRE_PRIVATE_H
#define TLS_WIRE_PRIVATE_H

/**
 * What goes between a TLS session and its socket: read in large pieces and written in whole flights, where
 * the library would ask for five bytes and then for the rest of each record, and write every record by
 * itself.
 *
 * Threads: one object a thread.
 */

#include "base/text.h"

#include <gnutls/gnutls.h>

/** How much of a record wire_alert() looks at: type, version, length, level, description. */
#define WIRE_ALERT_SIZE 7

/** Between wire_open() and wire_close(); its address must not change. */
struct wire {
	int fd;       /**< non-blocking; lent */
	bool drained; /**< the last look found nothing to read; cleared by who begins a new round */
	char *in;     /**< in_size bytes; from in_at to in_len not taken by the library yet */
	size_t in_size;
	size_t in_at;
	size_t in_len;
	struct text out; /**< from out_at on not with the kernel yet */
	size_t out_at;
	unsigned char record[WIRE_ALERT_SIZE]; /**< how the record began that the library took last */
	size_t record_len;                     /**< bytes of it that the library has taken */
	uint64_t taken;                        /**< bytes that the library has taken so far */
	uint64_t received; /**< bytes from the socket so far, those of wire_open() not counted */
	uint64_t sent;     /**< bytes to the kernel so far */
};

/**
 * Put a wire between a session and its socket.
 *
 * @param bytes  len bytes that have been read from the socket already; copied
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err wire_open(struct wire *wire, gnutls_session_t tls, int fd, const void *bytes, size_t len);

/** Free what the wire owns, with what has not been sent; zero-initialised is fine. */
void wire_close(struct wire *wire);

/**
 * Write what the session has said.
 *
 * @param last  whether shutdown() follows: then the end goes with the last bytes, in one segment
 * @return ERR_OK (all of it is with the kernel), ERR_AGAIN (the socket is full: call again once it can be
 * written), ERR_CLOSED (nobody takes it any more)
 */
enum err wire_flush(struct wire *wire, bool last);

/**
 * Tell whether the record that the library has just read, or given up after its header, is an alert in the
 * clear and nothing else.  Nothing proves who sent it.
 *
 * @param[out] level, alert  which
 */
bool wire_alert(struct wire *wire, gnutls_alert_level_t *level, gnutls_alert_description_t *alert);

/** Bytes of memory that the wire holds. */
size_t wire_memory(const struct wire *wire);

/** Tell whether there is something left to write. */
bool wire_is_pending(const struct wire *wire);

#endif
