/* SPDX-License-Identifier: ISC */
#ifndef SERVE_POOL_H
#define SERVE_POOL_H

/**
 * The threads that serve HTTPS, HTTP behind somebody else's TLS, and authorities that look at challenges.
 * They share the listening sockets, the certificates, the challenges, the routes and the count of connections
 * by client address, and nothing else.
 *
 * Threads: the main thread; pool_take_stock() and pool_limits() also the clerk's.
 */

#include "certs/certs.h"
#include "certs/challenges.h"
#include "http/routes.h"
#include "serve/counters.h"
#include "serve/entrance.h"
#include "serve/limits.h"

struct pool;

/**
 * Start the workers, after session_setup().  Until pool_serve() they answer nothing but pool_rehearse().
 *
 * @param entrances  only for the time of the call, but for the proxies and the routes, which are lent until
 * pool_stop(), and the sockets, which stay the caller's, who closes them after it
 * @param certs, challenges, routes  lent until pool_stop()
 * @return ERR_OK, ERR_IO (cause logged), ERR_NO_MEMORY; on error nothing runs
 */
enum err pool_start(const struct limits *limits, const struct entrances *entrances, struct certs *certs,
		    struct challenges *challenges, const struct routes *routes, struct pool **pool);

/** Accept connections from now on; those that came before wait at the sockets. */
void pool_serve(struct pool *pool);

/**
 * Ask every worker to show that it still goes round.
 *
 * @return whether each has answered the question before this one (true at the first call)
 */
bool pool_is_alive(struct pool *pool);

/**
 * Let a worker answer a connection of our own, which is neither counted nor limited nor logged.
 *
 * @param number  of the worker, 0 .. pool_limits()->workers - 1
 * @param fd  non-blocking stream socket; taken over
 */
void pool_rehearse(struct pool *pool, unsigned number, int fd);

/** What there is now of what is limited, and what has happened since the start, of all workers. */
struct pool_use {
	unsigned connections;
	unsigned clients;        /**< that have connections */
	unsigned largest_client; /**< connections of the one that has most */
	uint64_t memory;         /**< bytes that connections hold, as connection_memory() counts them */
	uint64_t lines_left_out; /**< of the log, since the start */
	uint64_t counts[COUNTER_COUNT];
};

/** Take stock. */
void pool_take_stock(struct pool *pool, struct pool_use *use);

/** The limits that hold. */
const struct limits *pool_limits(const struct pool *pool);

/** Stop accepting; connections that run are finished. */
void pool_drain(struct pool *pool);

/**
 * End the workers: drain the pool, wait until it has finished what runs, close what is left then.  NULL
 * inside is fine.
 *
 * @param grace_ms  how long to wait
 */
void pool_stop(struct pool **pool, uint64_t grace_ms);

#endif
