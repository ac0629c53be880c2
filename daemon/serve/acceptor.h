/* SPDX-License-Identifier: ISC */
#ifndef SERVE_ACCEPTOR_H
#define SERVE_ACCEPTOR_H

/**
 * Accepts connections for one worker from the listening sockets that all workers share.
 *
 * When there are no descriptors left it pauses for a tenth of a second instead of spinning.
 *
 * Threads: the worker's own, once started.
 */

#include "serve/connections.h"
#include "serve/entrance.h"

struct acceptor;

/** How long a pause lasts; to be the duration of DEADLINE_ACCEPT. */
#define ACCEPTOR_PAUSE_MS 100

/**
 * Prepare to accept.
 *
 * @param connections  lent until acceptor_free(), with its loop
 * @param entrances  only for the time of the call; their sockets stay the caller's
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err acceptor_new(struct connections *connections, const struct entrances *entrances,
		      struct acceptor **acceptor);

/** Begin to watch the listening sockets; where that fails it is logged, and tried again after a pause. */
void acceptor_start(struct acceptor *acceptor);

/** Accept no more; fine to repeat. */
void acceptor_stop(struct acceptor *acceptor);

/** Stop and free.  NULL inside is fine. */
void acceptor_free(struct acceptor **acceptor);

#endif
