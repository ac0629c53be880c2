/* SPDX-License-Identifier: ISC */
#ifndef SERVE_CONNECTIONS_H
#define SERVE_CONNECTIONS_H

/**
 * All connections of one worker: who is let in, whose event is whose, whose turn it is, who has to go.
 *
 * Every stretch of a connection's way has an absolute deadline, which nothing a client does can put off.
 *
 * Threads: the worker's own.
 */

#include "base/loop.h"
#include "serve/clients.h"
#include "serve/connection.h"
#include "serve/entrance.h"
#include "serve/proxies.h"
#include "serve/share.h"

struct place;

/**
 * Queues for a turn with a costly step: those whose handshake has begun, and those who begin.  They get turns
 * alternately, so that who only begins cannot keep others from finishing.
 */
#define CONNECTIONS_QUEUES 2

/** Filled by the worker, zero where it has nothing to say. */
struct connections {
	struct loop *loop;             /**< lent */
	struct clients *clients;       /**< lent; of the whole pool */
	const struct proxies *proxies; /**< lent; NULL: nobody comes for others */
	struct share share;            /**< of what connections may hold */
	struct connection_tools tools;
	struct deadlines deadlines;
	unsigned worker; /**< whose they are, 0 ...: see clients_line() */
	struct queue queues[CONNECTIONS_QUEUES];
	SLIST_HEAD(, place) left; /**< closed, and not freed yet */
};

/**
 * Take an accepted socket over.
 *
 * When all places of the pool are taken, or all memory that connections may hold, connections of this worker
 * that have not finished their handshake make room, the oldest first.  A worker that has none to close may
 * still take its share, so that it does not turn everybody away while another one is full of strangers: for
 * moments there may be more than the limit, by the others' shares.
 *
 * A client is limited and takes turns by its address.  For one that comes through a proxy that is when its
 * header is there; until then, and when that names nobody, no limit of a client concerns the connection, and
 * so it is behind somebody else's TLS and without a header.
 *
 * @param fd  non-blocking; closed on every error
 * @param kind  of the entrance that it came to
 * @return ERR_OK, ERR_REFUSED (its client has too many connections, or there is no room; logged,
 * rate-limited), ERR_IO, ERR_NO_MEMORY
 */
enum err connections_open(struct connections *connections, int fd, const struct sockaddr_storage *peer,
			  enum entrance_kind kind);

/**
 * Take a socket over for a fetch that the daemon makes of itself: it is not counted, not limited, and not
 * logged.
 *
 * @param tools  what it works with instead of those of the others; lent until the connection is closed
 * @param fd  non-blocking; closed on every error
 * @return ERR_OK, ERR_IO, ERR_NO_MEMORY
 */
enum err connections_rehearse(struct connections *connections, struct connection_tools *tools, int fd);

/** Tell whether a connection waits for its turn: loop_wait() must not wait then. */
bool connections_are_waiting(const struct connections *connections);

/** Take the next costly step of each queue; call after every loop_wait(). */
void connections_take_turns(struct connections *connections);

/** Close those that have not sent anything yet. */
void connections_close_silent(struct connections *connections);

/** Close them all. */
void connections_close_all(struct connections *connections);

/** Free the closed ones; call after every loop_wait(), before which an event of its batch might be theirs. */
void connections_bury(struct connections *connections);

#endif
