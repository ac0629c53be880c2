/* SPDX-License-Identifier: ISC */
#include "serve/acceptor.h"

#include "base/clock.h"
#include "log/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

/* Connections of one event, so that those already here get their turn: let in, and looked at. */
#define ACCEPT_BATCH 64
#define LOOK_BATCH   256

/* One listening socket. */
struct door {
	struct watch watch;
	struct acceptor *acceptor;
	struct entrance entrance;
};

struct acceptor {
	struct connections *connections;
	struct deadline pause;
	size_t count;
	struct door door[];
};

static void unwatch(struct acceptor *acceptor)
{
	for (size_t i = 0; i < acceptor->count; i++)
		loop_remove(acceptor->connections->loop, &acceptor->door[i].watch);
}

/* Exclusive: a new connection wakes one worker rather than all. */
static enum err watch(struct acceptor *acceptor)
{
	for (size_t i = 0; i < acceptor->count; i++) {
		struct door *door = &acceptor->door[i];

		door->watch.fd = door->entrance.fd;
		if (loop_add(acceptor->connections->loop, &door->watch, EPOLLIN | EPOLLEXCLUSIVE) != ERR_OK) {
			door->watch.fd = -1;
			unwatch(acceptor);
			return ERR_IO;
		}
	}
	return ERR_OK;
}

static void pause_accepting(struct acceptor *acceptor)
{
	struct connections *connections = acceptor->connections;

	remarks_line(connections->tools.remarks, REMARK_ACCEPT, "connections", "not accepted for a moment",
		     strerror(errno));
	unwatch(acceptor);
	deadlines_set(&connections->deadlines, &acceptor->pause, DEADLINE_ACCEPT, clock_ms());
}

void acceptor_start(struct acceptor *acceptor)
{
	if (watch(acceptor) != ERR_OK)
		pause_accepting(acceptor);
}

static void pause_passed(struct deadline *deadline)
{
	acceptor_start((struct acceptor *)((char *)deadline - offsetof(struct acceptor, pause)));
}

/* Errors of the one connection that could not be had; all others would be there again at once. */
static bool concerns_one(int error)
{
	return error == ECONNABORTED || error == EPROTO || error == EPERM || error == EINTR;
}

static void ready(struct watch *watch, uint32_t events)
{
	struct door *door = (struct door *)((char *)watch - offsetof(struct door, watch));
	struct sockaddr_storage peer;
	socklen_t len;
	int let_in = 0;
	int fd;

	(void)events;
	/* Whoever is turned away costs little, and must not keep those behind him waiting for signatures. */
	for (int i = 0; i < LOOK_BATCH && let_in < ACCEPT_BATCH; i++) {
		len = sizeof(peer);
		fd = accept4(door->entrance.fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			let_in += connections_open(door->acceptor->connections, fd, &peer,
						   door->entrance.kind) == ERR_OK;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return;
		} else if (!concerns_one(errno)) {
			pause_accepting(door->acceptor);
			return;
		}
	}
}

enum err acceptor_new(struct connections *connections, const struct entrances *entrances,
		      struct acceptor **acceptor)
{
	const size_t count = entrances->count;
	struct acceptor *new = calloc(1, sizeof(*new) + count * sizeof(new->door[0]));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->connections = connections;
	new->pause.passed = pause_passed;
	new->count = count;
	for (size_t i = 0; i < count; i++)
		new->door[i] = (struct door){ .watch = { .ready = ready, .fd = -1 },
					      .acceptor = new,
					      .entrance = entrances->entrance[i] };
	*acceptor = new;
	return ERR_OK;
}

void acceptor_stop(struct acceptor *acceptor)
{
	deadlines_clear(&acceptor->connections->deadlines, &acceptor->pause);
	unwatch(acceptor);
}

void acceptor_free(struct acceptor **acceptor)
{
	if (*acceptor == NULL)
		return;
	acceptor_stop(*acceptor);
	free(*acceptor);
	*acceptor = NULL;
}
