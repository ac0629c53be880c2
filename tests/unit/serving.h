/* SPDX-License-Identifier: ISC */
#ifndef SERVING_H
#define SERVING_H

/**
 * A pool of workers on loopback, for tests: two policy hosts with certificates, and a few routes.
 *
 * "/policy" has a body of SERVING_POLICY_LEN bytes, and so has the policy file of the first host; "/wait"
 * answers after serving_release() and not before.
 */

#include "serve/pool.h"
#include "tls_client.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define SERVING_HOST       "mta-sts.one.example"
#define SERVING_OTHER_HOST "mta-sts.two.example"
#define SERVING_POLICY_LEN 10240

#define SERVING_GET                                                                                          \
	"GET /policy HTTP/1.1\r\n"                                                                           \
	"Host: " SERVING_HOST "\r\n\r\n"

struct serving {
	struct certs *certs;
	struct challenges *challenges; /**< NULL unless a test sets it, before serving_start() */
	struct pool *pool;
	struct limits limits; /**< to be changed before serving_start() */
	bool waits;           /**< not to serve before pool_serve(); to be changed before serving_start() */
	int fds[2];           /**< listening on 127.0.0.1 and on ::1, at the same port */
	in_port_t port;
	int plain;               /**< listening without TLS, or -1; see serving_listen_plain() */
	struct proxies *proxies; /**< NULL: nobody; see serving_trust() */
};

/** cmocka's group set-up: certificates and TLS for all tests of a program. */
int serving_group_setup(void **state);

/** Undo serving_group_setup(). */
int serving_group_teardown(void **state);

/** cmocka's test set-up: *state becomes a struct serving that listens; its pool is not started yet. */
int serving_setup(void **state);

/** Stop the pool, close the sockets and free. */
int serving_teardown(void **state);

/** Also serve without TLS; before serving_start().  Returns the port on 127.0.0.1. */
in_port_t serving_listen_plain(struct serving *serving);

/** Take a peer, as the setting proxies names it, for a proxy; before serving_start(). */
void serving_trust(struct serving *serving, const char *proxy);

/** Start as serving_start() does, and serve unless it waits; returns what pool_start() says. */
enum err serving_try_start(struct serving *serving);

/** Start the pool; fails the test when it does not start. */
void serving_start(struct serving *serving);

/** Wait until so many connections are open; fails the test when our patience ends. */
void serving_await_connections(const struct serving *serving, unsigned count);

/** What the pool has counted so far. */
uint64_t serving_count(const struct serving *serving, enum counter counter);

/** Wait until a worker is in "/wait"; fails the test when our patience ends. */
void serving_await_request(void);

/** Let one request for "/wait" be answered. */
void serving_release(void);

/** Fetch the policy, and fail the test unless all of it comes and the connection ends as it should. */
void serving_assert_serves(const struct serving *serving);

/** Tell whether a fetch brought the whole policy and ended with close_notify. */
bool serving_is_policy(const struct fetched *fetched);

#endif
