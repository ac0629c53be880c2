/* SPDX-License-Identifier: ISC */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

/**
 * One server-side TLS connection on a non-blocking socket: TLS 1.2 or 1.3, no resumption, certificate by
 * server name.
 *
 * The protocol within is HTTP/1.1, agreed on or taken for granted; while a challenge of a certificate
 * authority is open, "acme-tls/1" can be agreed on instead (RFC 8737), by a client that does not offer
 * HTTP/1.1, too.  It gets a challenge's certificate then, and that never goes with any other protocol.
 *
 * Every failed handshake ends in the alert that says why; an unknown or missing server name is answered with
 * unrecognized_name, never with somebody else's certificate (RFC 8461, section 3.3).
 *
 * Threads: one object a thread.
 */

#include "certs/certs.h"
#include "certs/challenges.h"
#include "tls/failure.h"

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
 * Begin a session on a connected socket.  Call when its first TLS record has been read, so that a silent
 * client costs nothing.
 *
 * @param certs  lent as long as the session lives
 * @param challenges  the same; NULL: there is never one
 * @param fd  non-blocking; stays the caller's
 * @param bytes  len bytes that have been read from it: the record, and whatever came with it; copied
 * @param[out] session  freed with session_free()
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err session_new(struct certs *certs, struct challenges *challenges, int fd, const void *bytes,
		     size_t len, struct session **session);

/**
 * Go on with the handshake as far as the socket allows.
 *
 * @return ERR_OK (done), ERR_AGAIN (the socket is drained, or full: wait for it),
 *         ERR_CLOSED (failed; the alert is sent, as far as the socket took it; see session_failure())
 */
enum err session_handshake(struct session *session);

/**
 * Tell whether the client has come for the answer to a challenge, which it has with the handshake: nothing is
 * said in such a session any more (RFC 8737, section 3).  Valid after the handshake.
 */
bool session_is_challenge(const struct session *session);

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
 * Say the last words: application data, as one TLS record when it is up to 16 KiB, and close_notify, but
 * nothing after a fatal alert, whoever it came from.  Nothing is on the wire before session_flush().
 *
 * @param len  0 for close_notify alone
 * @return ERR_OK, ERR_CLOSED (there is no session any more, or no memory)
 */
enum err session_finish(struct session *session, const void *bytes, size_t len);

/**
 * Write the last words, in one segment with the end of the stream: call shutdown() after ERR_OK.
 *
 * @return ERR_OK (all of it is with the kernel), ERR_AGAIN (call again once the socket can be written),
 * ERR_CLOSED
 */
enum err session_flush(struct session *session);

/** Tell whether an ERR_AGAIN was for writing, too: then the socket has not taken all of our words yet. */
bool session_wants_write(const struct session *session);

/** Bytes that the session has read from the socket so far, and written to it. */
void session_traffic(const struct session *session, uint64_t *received, uint64_t *sent);

/** Bytes of memory that a session holds, as far as they are ours and not the library's. */
size_t session_memory(const struct session *session);

/** Tell whether the version that was agreed upon is TLS 1.3 rather than 1.2; valid after the handshake. */
bool session_is_tls_1_3(const struct session *session);

/** Why the handshake failed; valid when it did. */
enum failure session_failure_kind(const struct session *session);

/** Why the session failed, in a few words for a log line; "" while it has not. */
const char *session_failure(const struct session *session);

/** Free a session without another byte on the wire; NULL inside is fine. */
void session_free(struct session **session);

#endif
