/* SPDX-License-Identifier: ISC */
#include "serve/worker.h"

#include "base/clock.h"
#include "log/log.h"
#include "serve/acceptor.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINGER_MS 2000

/* A client that was accepted just before a drain is about to speak: a round trip, or a segment that was lost.
 */
#define SILENCE_MS 1000

struct worker {
	struct connections connections;
	struct counters counters;
	struct loop *loop;
	struct exchange *exchange;
	struct exchange *challenges; /* NULL without an entrance for them */
	struct acceptor *acceptor;
	struct deadline silence;
	struct connection_tools rehearsal_tools;
	struct counters rehearsal_counters;
	struct limits rehearsal_limits;
	atomic_int rehearsal; /* a connection that waits to be taken over, or -1 */
	sem_t *ended;
	pthread_t thread;
	bool started;
	atomic_int order; /* enum worker_order */
	atomic_uint asked;
	atomic_uint answered;
};

static bool is_over(const struct worker *worker, int order)
{
	return order == WORKER_STOP || (order == WORKER_DRAIN && worker->connections.share.open == 0);
}

static void silence_passed(struct deadline *deadline)
{
	struct worker *worker = (struct worker *)((char *)deadline - offsetof(struct worker, silence));

	connections_close_silent(&worker->connections);
}

static void obey(struct worker *worker, int order)
{
	struct deadlines *deadlines = &worker->connections.deadlines;

	if (order == WORKER_SERVE) {
		acceptor_start(worker->acceptor);
		return;
	}
	acceptor_stop(worker->acceptor);
	deadlines_set(deadlines, &worker->silence, DEADLINE_SILENCE, clock_ms());
}

static void take_rehearsal(struct worker *worker)
{
	int fd = atomic_exchange(&worker->rehearsal, -1);

	if (fd >= 0)
		(void)connections_rehearse(&worker->connections, &worker->rehearsal_tools, fd);
}

/* Between costly steps everybody else is served. */
static void turn(struct worker *worker)
{
	struct connections *connections = &worker->connections;
	bool is_busy = connections_are_waiting(connections);

	loop_wait(worker->loop, is_busy ? 0 : deadlines_timeout(&connections->deadlines, clock_ms()));
	take_rehearsal(worker);
	deadlines_run(&connections->deadlines, clock_ms());
	connections_take_turns(connections);
	connections_bury(connections);
	atomic_store(&worker->answered, atomic_load(&worker->asked));
}

static void *run(void *argument)
{
	struct worker *worker = argument;
	struct connections *connections = &worker->connections;
	int obeyed = WORKER_WAIT;
	int order;

	while (!is_over(worker, obeyed)) {
		turn(worker);
		order = atomic_load(&worker->order);
		if (order != obeyed) {
			obey(worker, order);
			obeyed = order;
		}
	}
	connections_close_all(connections);
	connections_bury(connections);
	(void)sem_post(worker->ended);
	return NULL;
}

/* Signals are for the main thread: a worker begins with all of them blocked. */
static enum err start_thread(struct worker *worker, unsigned number)
{
	char name[16]; /* as long as the kernel takes */
	sigset_t all;
	sigset_t before;
	int failed;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&worker->thread, NULL, run, worker);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed != 0) {
		log_error("worker %u, no thread (%s)", number, strerror(failed));
		return ERR_IO;
	}
	worker->started = true;
	(void)snprintf(name, sizeof(name), "worker %u", number);
	(void)pthread_setname_np(worker->thread, name);
	return ERR_OK;
}

static void set_up_connections(struct worker *worker, const struct worker_setup *setup, unsigned number)
{
	const struct limits *limits = setup->limits;
	struct connections *connections = &worker->connections;
	const uint64_t duration_ms[DEADLINE_COUNT] = {
		[DEADLINE_HANDSHAKE] = limits->handshake_timeout_ms,
		[DEADLINE_REQUEST] = limits->request_timeout_ms,
		[DEADLINE_RESPONSE] = limits->response_timeout_ms,
		[DEADLINE_LINGER] = LINGER_MS,
		[DEADLINE_ACCEPT] = ACCEPTOR_PAUSE_MS,
		[DEADLINE_SILENCE] = SILENCE_MS,
	};

	deadlines_init(&connections->deadlines, duration_ms);
	SLIST_INIT(&connections->left);
	for (unsigned i = 0; i < CONNECTIONS_QUEUES; i++)
		queue_init(&connections->queues[i]);
	connections->worker = number;
	connections->loop = worker->loop;
	connections->clients = setup->clients;
	connections->proxies = setup->entrances->proxies;
	connections->share = (struct share){
		.load = setup->load,
		.max_open = limits->max_connections,
		.max_memory = limits->max_memory,
		.least_open = (limits->max_connections + limits->workers - 1) / limits->workers,
		.least_memory = limits->max_memory / limits->workers,
	};
	connections->tools.certs = setup->certs;
	connections->tools.challenges = setup->challenges;
	connections->tools.exchange = worker->exchange;
	connections->tools.challenge_exchange = worker->challenges;
	connections->tools.remarks = setup->remarks;
	connections->tools.counters = &worker->counters;
	connections->tools.limits = setup->limits;
}

static void set_up_rehearsals(struct worker *worker, const struct worker_setup *setup)
{
	worker->rehearsal_limits = *setup->limits;
	worker->rehearsal_limits.log_answers = false;
	worker->rehearsal_tools = (struct connection_tools){
		.certs = setup->certs,
		.challenges = setup->challenges,
		.exchange = worker->exchange,
		.counters = &worker->rehearsal_counters,
		.limits = &worker->rehearsal_limits,
	};
}

enum err worker_start(const struct worker_setup *setup, unsigned number, struct worker **worker)
{
	struct worker *new = calloc(1, sizeof(*new));
	enum err err;

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->ended = setup->ended;
	new->silence.passed = silence_passed;
	atomic_init(&new->rehearsal, -1);
	err = loop_open(&new->loop);
	if (err != ERR_OK) {
		log_error("worker %u, no event loop (%s)", number, strerror(errno));
		goto out;
	}
	err = exchange_new(setup->routes, &new->exchange);
	if (err == ERR_OK && setup->entrances->challenges != NULL)
		err = exchange_new(setup->entrances->challenges, &new->challenges);
	if (err != ERR_OK)
		goto out;
	set_up_connections(new, setup, number);
	set_up_rehearsals(new, setup);
	err = acceptor_new(&new->connections, setup->entrances, &new->acceptor);
	if (err != ERR_OK)
		goto out;
	err = start_thread(new, number);
	if (err != ERR_OK)
		goto out;
	*worker = new;
	new = NULL;
out:
	worker_free(&new);
	return err;
}

void worker_order(struct worker *worker, enum worker_order order)
{
	atomic_store(&worker->order, (int)order);
	loop_wake(worker->loop);
}

void worker_rehearse(struct worker *worker, int fd)
{
	int forgotten = atomic_exchange(&worker->rehearsal, fd);

	if (forgotten >= 0)
		(void)close(forgotten);
	loop_wake(worker->loop);
}

bool worker_is_alive(struct worker *worker)
{
	bool alive = atomic_load(&worker->answered) == atomic_load(&worker->asked);

	(void)atomic_fetch_add(&worker->asked, 1);
	loop_wake(worker->loop);
	return alive;
}

void worker_count(const struct worker *worker, uint64_t totals[COUNTER_COUNT])
{
	counters_add_to(&worker->counters, totals);
}

void worker_free(struct worker **worker)
{
	struct worker *old = *worker;

	if (old == NULL)
		return;
	if (old->started) {
		worker_order(old, WORKER_STOP);
		(void)pthread_join(old->thread, NULL);
	}
	if (atomic_load(&old->rehearsal) >= 0)
		(void)close(atomic_load(&old->rehearsal));
	acceptor_free(&old->acceptor);
	exchange_free(&old->exchange);
	exchange_free(&old->challenges);
	loop_close(&old->loop);
	free(old);
	*worker = NULL;
}
