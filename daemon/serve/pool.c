/* SPDX-License-Identifier: ISC */
#include "serve/pool.h"

#include "serve/worker.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>

struct pool {
	struct limits limits;
	struct clients *clients;
	struct remarks *remarks;
	struct load load;
	sem_t ended; /* one post a worker that is done */
	unsigned count;
	struct worker *worker[];
};

/*
 * Accepted sockets inherit it, so nothing has to be set for each; our records are whole when they are
 * written.
 */
static void send_at_once(const struct entrances *entrances)
{
	const int on = 1;

	for (size_t i = 0; i < entrances->count; i++)
		(void)setsockopt(entrances->entrance[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static enum err start_workers(struct pool *pool, const struct worker_setup *setup)
{
	enum err err = ERR_OK;

	while (pool->count < setup->limits->workers && err == ERR_OK) {
		err = worker_start(setup, pool->count, &pool->worker[pool->count]);
		if (err == ERR_OK)
			pool->count++;
	}
	return err;
}

enum err pool_start(const struct limits *limits, const struct entrances *entrances, struct certs *certs,
		    struct challenges *challenges, const struct routes *routes, struct pool **pool)
{
	struct pool *new = calloc(1, sizeof(*new) + limits->workers * sizeof(struct worker *));
	struct worker_setup setup = {
		.entrances = entrances,
		.certs = certs,
		.challenges = challenges,
		.routes = routes,
	};
	enum err err;

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->limits = *limits;
	setup.limits = &new->limits;
	(void)sem_init(&new->ended, 0, 0);
	send_at_once(entrances);
	err = clients_new(limits->max_connections_per_client, limits->workers * CONNECTIONS_QUEUES,
			  &new->clients);
	if (err == ERR_OK)
		err = remarks_new(limits->max_log_lines, &new->remarks);
	if (err != ERR_OK)
		goto out;
	setup.clients = new->clients;
	setup.remarks = new->remarks;
	setup.load = &new->load;
	setup.ended = &new->ended;
	err = start_workers(new, &setup);
	if (err != ERR_OK)
		goto out;
	*pool = new;
	new = NULL;
out:
	pool_stop(&new, 0);
	return err;
}

static void order_all(const struct pool *pool, enum worker_order order)
{
	for (unsigned i = 0; i < pool->count; i++)
		worker_order(pool->worker[i], order);
}

void pool_serve(struct pool *pool)
{
	order_all(pool, WORKER_SERVE);
}

bool pool_is_alive(struct pool *pool)
{
	bool alive = true;

	/* Everyone is asked, also behind one that is stuck. */
	for (unsigned i = 0; i < pool->count; i++)
		alive = worker_is_alive(pool->worker[i]) && alive;
	return alive;
}

void pool_rehearse(struct pool *pool, unsigned number, int fd)
{
	worker_rehearse(pool->worker[number], fd);
}

void pool_take_stock(struct pool *pool, struct pool_use *use)
{
	*use = (struct pool_use){
		.connections = atomic_load(&pool->load.open),
		.memory = atomic_load(&pool->load.memory),
		.lines_left_out = remarks_left_out(pool->remarks),
	};
	clients_take_stock(pool->clients, &use->clients, &use->largest_client);
	for (unsigned i = 0; i < pool->count; i++)
		worker_count(pool->worker[i], use->counts);
}

const struct limits *pool_limits(const struct pool *pool)
{
	return &pool->limits;
}

void pool_drain(struct pool *pool)
{
	order_all(pool, WORKER_DRAIN);
}

static void wait_for_workers(struct pool *pool, uint64_t grace_ms)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(grace_ms / 1000);
	until.tv_nsec += (long)(grace_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	for (unsigned ended = 0; ended < pool->count;) {
		if (sem_clockwait(&pool->ended, CLOCK_MONOTONIC, &until) == 0)
			ended++;
		else if (errno != EINTR)
			return;
	}
}

void pool_stop(struct pool **pool, uint64_t grace_ms)
{
	struct pool *old = *pool;

	if (old == NULL)
		return;
	pool_drain(old);
	wait_for_workers(old, grace_ms);
	for (unsigned i = 0; i < old->count; i++)
		worker_free(&old->worker[i]);
	clients_free(&old->clients);
	remarks_free(&old->remarks);
	(void)sem_destroy(&old->ended);
	free(old);
	*pool = NULL;
}
