/* SPDX-License-Identifier: ISC */
#ifndef APP_WATCHDOG_H
#define APP_WATCHDOG_H

/**
 * Feeds the service manager's watchdog, for as long as each worker answers and the clerk moves.
 *
 * A round is one fetch of our own through each worker, over a pair of sockets: the service may have no
 * network in which it could reach its own port.  The watchdog is about workers and not about what they serve:
 * whatever comes back is a sign of life, be it an alert; only a worker from which nothing comes in a round is
 * logged, and the watchdog goes hungry.  Of the clerk the caller says whether it moves.  What came back
 * instead of the policy is told to whoever asked.
 *
 * Threads: the main thread.
 */

#include "base/loop.h"
#include "serve/pool.h"

struct watchdog;

/**
 * Hears what became of the fetches of a round in which some came back.
 *
 * @param host  that was asked for
 * @param why  what came instead of the policy, in a few words, or NULL: it came, wherever anything did
 */
typedef void watchdog_hear(void *context, const char *host, const char *why);

/**
 * @param pool, loop  lent until watchdog_free()
 * @param interval_ms  from one round to the next, and how long a fetch may take
 * @param hear  called with the context at the end of a round
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err watchdog_new(struct pool *pool, struct loop *loop, uint64_t interval_ms, watchdog_hear *hear,
		      void *context, struct watchdog **watchdog);

/**
 * Begin the round that is due.  Without descriptors or memory for one it must do that each worker goes round:
 * a full machine is no reason to be killed.
 *
 * @param host  a policy host with a certificate, or "" for none
 * @param moves  whether the clerk does, or has nothing to do
 * @param now_ms  clock_ms()
 * @return milliseconds until the next call is due
 */
int64_t watchdog_tick(struct watchdog *watchdog, const char *host, bool moves, uint64_t now_ms);

/** Break off what runs, and free.  NULL inside is fine. */
void watchdog_free(struct watchdog **watchdog);

#endif
