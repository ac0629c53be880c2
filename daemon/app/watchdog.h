/* SPDX-License-Identifier: ISC */
#ifndef APP_WATCHDOG_H
#define APP_WATCHDOG_H

/**
 * Feeds the service manager's watchdog, for as long as each worker answers a fetch.
 *
 * A round is one fetch of our own through each worker, over a pair of sockets: the service may have no
 * network in which it could reach its own port.  What is missing at the end of a round is logged, and the
 * watchdog goes hungry.
 *
 * Threads: the main thread.
 */

#include "base/err.h"
#include "base/loop.h"
#include "serve/pool.h"

#include <stdint.h>

struct watchdog;

/**
 * @param pool, loop  lent until watchdog_free()
 * @param interval_ms  from one round to the next, and how long a fetch may take
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err watchdog_new(struct pool *pool, struct loop *loop, uint64_t interval_ms, struct watchdog **watchdog);

/**
 * Begin the round that is due.  Without descriptors or memory for one it must do that each worker goes round:
 * a full machine is no reason to be killed.
 *
 * @param host  a policy host with a certificate, or "" for none
 * @param now_ms  clock_ms()
 * @return milliseconds until the next call is due
 */
int64_t watchdog_tick(struct watchdog *watchdog, const char *host, uint64_t now_ms);

/** Break off what runs, and free.  NULL inside is fine. */
void watchdog_free(struct watchdog **watchdog);

#endif
