/* SPDX-License-Identifier: ISC */
#ifndef HTTP_LISTENER_H
#define HTTP_LISTENER_H

/**
 * HTTP/1.1 on a listening Unix or TCP socket, driven by the caller's loop, one request a connection.
 *
 * Bounded: 64 connections at a time, or as few as the routes say (more wait in the queue of the listening
 * socket), a body no longer than the routes allow (413 otherwise), and an absolute deadline of 30 seconds for
 * a connection to bring its whole request and take its whole answer, however slowly it drips.
 *
 * Threads: the thread of its loop, where the handlers run too.
 */

#include "base/err.h"
#include "base/loop.h"
#include "http/routes.h"

#include <stdint.h>

struct listener;

/**
 * Start to serve.
 *
 * @param fd  listening socket, non-blocking; stays the caller's, who closes it after listener_stop()
 * @param loop  lent until listener_stop()
 * @param routes  lent until listener_stop()
 * @return ERR_OK, ERR_IO (cause logged), ERR_NO_MEMORY
 */
enum err listener_start(int fd, struct loop *loop, const struct routes *routes, struct listener **listener);

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
