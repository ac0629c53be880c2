/* SPDX-License-Identifier: ISC */
#ifndef SERVE_CLIENTS_H
#define SERVE_CLIENTS_H

/**
 * How many connections each client has, so that none can take all places, and where it waits for its turns,
 * so that none can take all time.
 *
 * A client is an IPv4 address or an IPv6 /64, the smallest network that one customer gets.
 *
 * Threads: any, on one object that all workers share.
 */

#include "base/err.h"
#include "serve/queue.h"

#include <netinet/in.h>
#include <sys/socket.h>

struct clients;

/** A client that has connections. */
struct client;

/**
 * @param limit  connections a client may have at a time, 1 ...
 * @param queues  in which a client may wait, 1 ...
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err clients_new(unsigned limit, unsigned queues, struct clients **clients);

/** Free it with every client that has not left.  NULL inside is fine. */
void clients_free(struct clients **clients);

/**
 * Count one more connection.
 *
 * @param address  as clients_address() makes it
 * @param[out] client  to be given back by clients_leave()
 * @return ERR_OK, ERR_REFUSED (the client has as many as it may), ERR_NO_MEMORY
 */
enum err clients_enter(struct clients *clients, const struct in6_addr *address, struct client **client);

/**
 * The same for a connection that no limit concerns, because it is nobody's but a trusted proxy's.
 *
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err clients_enter_unlimited(struct clients *clients, const struct in6_addr *address,
				 struct client **client);

/** Count one connection less, and set NULL.  NULL inside is fine. */
void clients_leave(struct clients *clients, struct client **client);

/**
 * Where a client waits for its turns in a queue: only for the thread of that queue, until clients_leave().
 *
 * @param queue  0 .. queues - 1
 */
struct line *clients_line(struct client *client, unsigned queue);

/** Count the clients that have connections, and the connections of the one that has most. */
void clients_take_stock(struct clients *clients, unsigned *count, unsigned *largest);

/**
 * A peer's address in one form: IPv6, or IPv4 mapped into it (RFC 4291, section 2.5.5.2); "::" for other
 * families.
 */
struct in6_addr clients_address(const struct sockaddr_storage *peer);

/** Write an address of that form for a log line, "192.0.2.1", "2001:db8::1" or "unix" for "::"; returns out.
 */
const char *clients_text(const struct in6_addr *address, char out[INET6_ADDRSTRLEN]);

#endif
