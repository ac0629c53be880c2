/* SPDX-License-Identifier: ISC */
#ifndef HTTP_LISTENER_H
#define HTTP_LISTENER_H

/**
 * HTTP/1.1 on a listening Unix or TCP socket, driven by the caller's loop, one request a connection.
 *
 * Nobody waits in the queue of the listening socket: a client is let in or turned away at once, because only
 * then is it known who it is.  Its places are bounded by what it may do (struct routes, identify), so that
 * those who may do less never keep out those who may do more, nor one user all others:
 *
 * - RIGHT_ANY: 8 places, for all together,
 * - RIGHT_LOOK: 16 for one user, 32 for all of them,
 * - RIGHT_CERTIFY: 8 for one user, 16 for all of them,
 * - RIGHT_ORDER: 48 for one user, 64 for all of them,
 * - RIGHT_OWNER: all that the others leave of 128, or of as many as the routes say.
 *
 * Where they are used up, the oldest of them that has not sent its whole request makes room for the new one,
 * or the oldest that has taken nothing of its answer for a second; if there is none, the new one is turned
 * away.  Memory is shared in the same way: when bodies and answers of the others hold more than 64 MiB, an
 * older one of the same right or less makes room, though never one that may be the answer to an order before
 * its first part was sent, or at all if it is not in pieces; what an answer in pieces needs to go on counts,
 * too. Where the process has no descriptor for a new one, somebody with less right than to order makes room.
 * A client that is turned away gets a 503, unless something of its answer was sent.
 *
 * A connection has 30 seconds, or 2 if it has less than the least right of the routes, to bring its whole
 * request, and 30 to take its whole answer when that is made, however slowly it drips; an answer that comes
 * in pieces may go on for as long as a piece of it is taken every 30 seconds.  After an answer to a request
 * that was not read to its end, the rest of it is read and thrown away for 2 seconds at most.
 *
 * Threads: the thread of its loop; the handlers run on the clerk's, if there is one.
 */

#include "base/clerk.h"
#include "http/routes.h"

struct listener;

/**
 * Start to serve.
 *
 * @param fd  listening socket, non-blocking; stays the caller's, who closes it after listener_stop()
 * @param loop  lent until listener_stop()
 * @param clerk  who makes answers, or NULL: the thread of the loop itself; lent until it ends
 * @param routes  copied; what they lead to is lent until listener_stop(), and to the clerk until it ends
 * @return ERR_OK, ERR_IO (cause logged), ERR_NO_MEMORY
 */
enum err listener_start(int fd, struct loop *loop, struct clerk *clerk, const struct routes *routes,
			struct listener **listener);

/**
 * Do what is due and say when to be called again.  Call after every loop_wait().
 *
 * @param now_ms  clock_ms()
 * @return milliseconds until the next call is due at the latest, -1 for never
 */
int64_t listener_tick(struct listener *listener, uint64_t now_ms);

/** Stop accepting; what runs goes on under listener_tick(). */
void listener_quiesce(struct listener *listener);

/** Tell how many connections are open. */
unsigned listener_connections(const struct listener *listener);

/** Close every connection and free.  NULL inside is fine. */
void listener_stop(struct listener **listener);

#endif
