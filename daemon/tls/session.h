/* SPDX-License-Identifier: ISC */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

/**
 * One server-side TLS connection on a non-blocking socket: TLS 1.2 or 1.3, no resumption, certificate by
 * server name.
 *
 * Every failed handshake ends in the alert that says why; an unknown or missing server name is answered with
 * unrecognized_name, never with somebody else's certificate (RFC 8461, section 3.3).
 *
 * Threads: one object a thread.
 */

#include "base/err.h"
#include "tls/certs.h"

#include <stdbool.h>
#include <stddef.h>

struct session;

/**
 * Prepare what all sessions share: library, priorities.  Once, before the first session.
 *
 * @return ERR_OK, ERR_REFUSED (the library is unfit; cause logged), ERR_NO_MEMORY
 */
enum err session_setup(void);

/** Undo session_setup(), after the last session. */
void session_teardown(void);

/**
 * Begin a session on a connected socket.  Call when its first TLS record is there, so that a silent client
 * costs nothing.
 *
 * @param certs  lent as long as the session lives
 * @param fd  non-blocking; stays the caller's
 * @param[out] session  freed with session_free()
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err session_new(struct certs *certs, int fd, struct session **session);

/**
 * Go on with the handshake as far as the socket allows.
 *
 * @return ERR_OK (done), ERR_AGAIN (the socket is drained, or full: wait for it),
 *         ERR_CLOSED (failed; the alert is sent, as far as the socket took it; see session_failure())
 */
enum err session_handshake(struct session *session);

/** The server name the client asked for, normalised; valid after the handshake. */
const char *session_host(const struct session *session);

/**
 * Read application data.  A client that asks to renegotiate is told no_renegotiation, and that is the end.
 *
 * @param[out] len  1 .. size bytes were read
 * @return ERR_OK, ERR_AGAIN, ERR_CLOSED (orderly or not)
 */
enum err session_receive(struct session *session, void *bytes, size_t size, size_t *len);

/**
 * Write application data; a text of up to 16 KiB leaves as one TLS record.
 *
 * After ERR_AGAIN call again with the same arguments once the socket can be written.
 *
 * @return ERR_OK (all of it is with the kernel), ERR_AGAIN, ERR_CLOSED
 */
enum err session_send(struct session *session, const void *bytes, size_t len);

/**
 * Send close_notify; nothing can be sent after it.
 *
 * @return ERR_OK, ERR_AGAIN (call again once the socket can be written), ERR_CLOSED
 */
enum err session_finish(struct session *session);

/** Why the session failed, in a few words for a log line; "" while it has not. */
const char *session_failure(const struct session *session);

/** Free a session without another byte on the wire; NULL inside is fine. */
void session_free(struct session **session);

#endif
