/* SPDX-License-Identifier: ISC */
#include "app/watchdog.h"

#include "app/notify.h"
#include "log/log_event.h"
#include "policy/domain.h"
#include "tls/rehearsal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* The fetch of one worker. */
struct attempt {
	struct watch watch;
	struct watchdog *watchdog;
	struct rehearsal *rehearsal; /* NULL when it is over */
	unsigned worker;
};

/* What a round has come to; the worst of its attempts counts. */
enum state { ALIVE, UNKNOWN, DEAD };

struct watchdog {
	struct pool *pool;
	struct loop *loop;
	watchdog_hear *hear;
	void *context;
	uint64_t interval_ms;
	uint64_t due_ms;
	char host[HOST_SIZE]; /* that this round asks for */
	unsigned running;     /* attempts of this round, and one while they are begun */
	enum state state;
	bool moves;                    /* the clerk does */
	bool goes_round;               /* each worker has said so in the round before */
	bool heard;                    /* something came back */
	char why[REHEARSAL_TEXT_SIZE]; /* the first thing that was not the policy, or "" */
	struct log_limit limit;
	unsigned count;
	struct attempt attempt[];
};

enum err watchdog_new(struct pool *pool, struct loop *loop, uint64_t interval_ms, watchdog_hear *hear,
		      void *context, struct watchdog **watchdog)
{
	unsigned count = pool_limits(pool)->workers;
	struct watchdog *new = calloc(1, sizeof(*new) + count * sizeof(new->attempt[0]));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->pool = pool;
	new->loop = loop;
	new->hear = hear;
	new->context = context;
	new->interval_ms = interval_ms;
	new->count = count;
	for (unsigned i = 0; i < count; i++)
		new->attempt[i] = (struct attempt){ .watch = { .fd = -1 }, .watchdog = new, .worker = i };
	*watchdog = new;
	return ERR_OK;
}

/* Without descriptors or memory for a fetch, it is enough that each worker goes round. */
static void settle(struct watchdog *watchdog, enum state state)
{
	if (state > watchdog->state)
		watchdog->state = state;
	if (--watchdog->running > 0)
		return;
	if (watchdog->heard)
		watchdog->hear(watchdog->context, watchdog->host,
			       watchdog->why[0] != '\0' ? watchdog->why : NULL);
	if (watchdog->moves &&
	    (watchdog->state == ALIVE || (watchdog->state == UNKNOWN && watchdog->goes_round)))
		notify_alive();
}

static void conclude(struct attempt *attempt, enum state state)
{
	loop_remove(attempt->watchdog->loop, &attempt->watch);
	rehearsal_free(&attempt->rehearsal);
	settle(attempt->watchdog, state);
}

static void tell_dead(const struct attempt *attempt)
{
	char text[REHEARSAL_TEXT_SIZE];
	const char *why = rehearsal_text(attempt->rehearsal, text);

	log_event(EVENT_WORKER_SILENT, &(struct log_fields){ .reason = why },
		  "watchdog, worker %u does not answer (%s)", attempt->worker, why);
}

/* An answer that is wrong is an answer: who gives it need not be killed, and would give it again. */
static void go_on(struct watch *watch, uint32_t events)
{
	struct attempt *attempt = (struct attempt *)((char *)watch - offsetof(struct attempt, watch));
	struct watchdog *watchdog = attempt->watchdog;
	enum err err = rehearsal_go_on(attempt->rehearsal);

	(void)events;
	if (err == ERR_AGAIN)
		return;
	watchdog->heard = watchdog->heard || err != ERR_NO_MEMORY;
	if (err == ERR_REFUSED && watchdog->why[0] == '\0')
		(void)rehearsal_text(attempt->rehearsal, watchdog->why);
	conclude(attempt, err == ERR_NO_MEMORY ? UNKNOWN : ALIVE);
}

static enum err begin(struct attempt *attempt, const char *host)
{
	struct watchdog *watchdog = attempt->watchdog;
	int ends[2];
	enum err err;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
		return ERR_IO;
	pool_rehearse(watchdog->pool, attempt->worker, ends[1]);
	err = rehearsal_new(ends[0], host, &attempt->rehearsal);
	if (err != ERR_OK)
		return err;
	attempt->watch = (struct watch){ .ready = go_on, .fd = ends[0] };
	err = loop_add(watchdog->loop, &attempt->watch, EPOLLIN);
	if (err != ERR_OK) {
		attempt->watch.fd = -1;
		rehearsal_free(&attempt->rehearsal);
		return err;
	}
	watchdog->running++;
	return ERR_OK;
}

static void begin_round(struct watchdog *watchdog, const char *host, uint64_t now_ms)
{
	enum err err = ERR_OK;

	/* The question is answered until the next round. */
	watchdog->goes_round = pool_is_alive(watchdog->pool);
	watchdog->state = ALIVE;
	watchdog->running = 1;
	watchdog->heard = false;
	watchdog->why[0] = '\0';
	(void)snprintf(watchdog->host, sizeof(watchdog->host), "%s", host);
	for (unsigned i = 0; err == ERR_OK && i < watchdog->count; i++)
		err = begin(&watchdog->attempt[i], host);
	if (err != ERR_OK && log_allowed(&watchdog->limit, now_ms))
		log_warning("watchdog, no fetch of our own (%s): only that each worker goes round is known",
			    strerror(errno));
	for (unsigned i = 0; i < watchdog->count; i++) {
		if (watchdog->attempt[i].rehearsal != NULL)
			go_on(&watchdog->attempt[i].watch, 0);
	}
	settle(watchdog, err == ERR_OK ? ALIVE : UNKNOWN);
}

int64_t watchdog_tick(struct watchdog *watchdog, const char *host, bool moves, uint64_t now_ms)
{
	watchdog->moves = moves;
	if (now_ms < watchdog->due_ms)
		return (int64_t)(watchdog->due_ms - now_ms);
	for (unsigned i = 0; i < watchdog->count; i++) {
		if (watchdog->attempt[i].rehearsal == NULL)
			continue;
		tell_dead(&watchdog->attempt[i]);
		conclude(&watchdog->attempt[i], DEAD);
	}
	begin_round(watchdog, host, now_ms);
	watchdog->due_ms = now_ms + watchdog->interval_ms;
	return (int64_t)watchdog->interval_ms;
}

void watchdog_free(struct watchdog **watchdog)
{
	struct watchdog *old = *watchdog;

	if (old == NULL)
		return;
	for (unsigned i = 0; i < old->count; i++) {
		loop_remove(old->loop, &old->attempt[i].watch);
		rehearsal_free(&old->attempt[i].rehearsal);
	}
	free(old);
	*watchdog = NULL;
}
