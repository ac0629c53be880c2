/* SPDX-License-Identifier: ISC */
#ifndef APP_LIFE_H
#define APP_LIFE_H

/**
 * The main thread's life between start and stop: signals, control socket, watchdog.
 *
 * What is the clerk's elsewhere is the main thread's before life_new() and after life_free(), and in programs
 * that have no clerk.
 *
 * Threads: the main thread.
 */

#include "app/sockets.h"
#include "base/clerk.h"
#include "core/reload.h"
#include "http/listener.h"
#include "serve/pool.h"

/** How long a stop waits, from its signal on, for what is being answered, milliseconds (mta-stsd(8)). */
#define LIFE_GRACE_MS 5000

/**
 * How long work may be at one domain, or at one thing that is none, before it counts as stuck, milliseconds:
 * a disk that stands still for minutes is no reason to stop serving.
 */
#define LIFE_STUCK_MS 600000

struct life;

/**
 * Block the signals that life_serve() reads, and ignore SIGPIPE.  Before the first thread.  Returns ERR_OK,
 * ERR_IO.
 */
enum err life_block_signals(void);

/**
 * @param host  its reloads are told to the service manager from now on; like pool and sockets lent until
 * life_free()
 * @return ERR_OK, ERR_IO, ERR_NO_MEMORY
 */
enum err life_new(struct host *host, struct pool *pool, const struct sockets *sockets, struct life **life);

/** Free it; NULL inside is fine. */
void life_free(struct life **life);

/** What is left of LIFE_GRACE_MS after life_serve() has returned, milliseconds. */
uint64_t life_grace_left(const struct life *life);

/** The main thread's loop, which the control listener uses, too. */
struct loop *life_loop(struct life *life);

/** Who does what the main thread has no time for; ends with life_free(). */
struct clerk *life_clerk(struct life *life);

/**
 * Load all files, say that we are ready, and serve, already while they are loaded, until SIGTERM or SIGINT;
 * SIGHUP loads them again.  On return nothing is accepted any
 * more, the requests on the control socket are answered, and those of the workers are being finished.
 *
 * @param listeners  those of the main thread's loop; ends with NULL
 */
void life_serve(struct life *life, struct listener *const listeners[]);

#endif
