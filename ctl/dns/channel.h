/* SPDX-License-Identifier: ISC */
#ifndef CTL_DNS_CHANNEL_H
#define CTL_DNS_CHANNEL_H

/**
 * One DNS question on its way, from sockets and ports of its own.  The only module that knows c-ares.
 *
 * Threads: any, one object a thread.
 */

#include "base/err.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/** Most sockets of one channel. */
#define CHANNEL_SOCKETS_MAX 16

struct channel;

/** Whom to ask and how. */
struct channel_way {
	const char *server; /**< ADDRESS[:PORT], [ADDRESS]:PORT; NULL: the resolvers of resolv.conf(5) */
	bool recurse;       /**< whether the server shall ask others */
	bool final;         /**< whether an error is an answer, and no other resolver is tried after it */
	int timeout_ms;     /**< for the first of two tries; the second has twice the time */
};

/**
 * Called once for each question.
 *
 * @param end  ERR_OK (there is an answer), ERR_AGAIN (none in time), ERR_CLOSED (none can be had), ERR_SYNTAX
 * (it cannot be read), ERR_IO (the question cannot be asked), ERR_NO_MEMORY
 * @param bytes  the answer, lent; of one that is final whatever it says
 */
typedef void channel_done(void *arg, enum err end, const unsigned char *bytes, size_t len);

/**
 * Make ready to ask.
 *
 * @return ERR_OK, ERR_SYNTAX (the server is no address), ERR_NOT_FOUND (this machine has no route to it),
 * ERR_IO (resolv.conf cannot be read), ERR_NO_MEMORY
 */
enum err channel_open(const struct channel_way *way, struct channel **channel);

/** Close it; a question that is still on its way ends with ERR_IO.  NULL inside is fine. */
void channel_close(struct channel **channel);

/**
 * Ask; the end may come before this returns.  A truncated answer is asked for again over TCP.
 *
 * @param type  ns_t_txt, ns_t_mx, ...
 */
void channel_ask(struct channel *channel, const char *name, int type, channel_done *done, void *arg);

/**
 * Tell what to wait for.
 *
 * @param[out] ready  filled from the start
 * @param[in,out] timeout_ms  made shorter when the channel has to be served sooner
 * @return how many are filled, at most CHANNEL_SOCKETS_MAX
 */
size_t channel_watch(struct channel *channel, struct pollfd *ready, int *timeout_ms);

/** Go on after a wait, with as many entries as channel_watch() filled. */
void channel_serve(struct channel *channel, const struct pollfd *ready, size_t count);

#endif
