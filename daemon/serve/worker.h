/* SPDX-License-Identifier: ISC */
#ifndef SERVE_WORKER_H
#define SERVE_WORKER_H

/**
 * One thread that serves HTTPS, HTTP behind somebody else's TLS, and authorities that look at challenges,
 * with its own loop, connections and exchanges.
 *
 * Threads: the main thread.
 */

#include "serve/connections.h"
#include "serve/entrance.h"

#include <semaphore.h>

struct worker;

/** What the workers of a pool share; lent to each until worker_free(). */
struct worker_setup {
	const struct limits *limits;
	const struct entrances
		*entrances; /**< but for the proxies and the routes only for the time of worker_start() */
	struct certs *certs;
	struct challenges *challenges;
	const struct routes *routes;
	struct clients *clients;
	struct load *load;
	struct remarks *remarks;
	sem_t *ended; /**< posted by each worker that has nothing left to do */
};

/** What a worker has to do; none is taken back, and what comes before one in this list comes never again
 * behind it. */
enum worker_order { WORKER_WAIT, WORKER_SERVE, WORKER_DRAIN, WORKER_STOP };

/**
 * Start a worker, which waits for its first order.
 *
 * @param number  0 ..., for the name of its thread
 * @return ERR_OK, ERR_IO (cause logged), ERR_NO_MEMORY
 */
enum err worker_start(const struct worker_setup *setup, unsigned number, struct worker **worker);

/**
 * Order a worker to accept connections (WORKER_SERVE), to accept no more and to end after its last one
 * (WORKER_DRAIN), or to close every connection and end (WORKER_STOP).
 */
void worker_order(struct worker *worker, enum worker_order order);

/**
 * Let a worker answer a connection of our own, as connections_rehearse() describes.
 *
 * @param fd  non-blocking; taken over
 */
void worker_rehearse(struct worker *worker, int fd);

/**
 * Ask a worker to show that it goes round; returns whether it has answered the question before (true at
 * first).
 */
bool worker_is_alive(struct worker *worker);

/** Add what a worker has counted to totals. */
void worker_count(const struct worker *worker, uint64_t totals[COUNTER_COUNT]);

/** Stop a worker, wait for its thread, which closes what is open, and free it.  NULL inside is fine. */
void worker_free(struct worker **worker);

#endif
