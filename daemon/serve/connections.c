/* SPDX-License-Identifier: ISC */
#include "serve/connections.h"

#include "base/clock.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* A connection among the others of its worker. */
struct place {
	struct watch watch;
	struct deadline deadline;
	struct connection connection;
	struct connections *connections;
	struct client *client;
	SLIST_ENTRY(place) link;
};

static struct place *of_watch(struct watch *watch)
{
	return (struct place *)((char *)watch - offsetof(struct place, watch));
}

static struct place *of_deadline(struct deadline *deadline)
{
	return (struct place *)((char *)deadline - offsetof(struct place, deadline));
}

static void set_deadline(struct place *place)
{
	deadlines_set(&place->connections->deadlines, &place->deadline,
		      connection_phases[place->connection.phase].deadline, clock_ms());
}

static void leave(struct place *place)
{
	struct connections *connections = place->connections;

	loop_remove(connections->loop, &place->watch);
	deadlines_clear(&connections->deadlines, &place->deadline);
	connection_close(&place->connection);
	clients_leave(connections->clients, &place->client);
	connections->open--;
	(void)atomic_fetch_sub(connections->pool_open, 1);
	SLIST_INSERT_HEAD(&connections->left, place, link);
}

/*
 * Events are edges: a step must have run until the socket has no more for it, or the next event never comes.
 */
static void go_on(struct place *place)
{
	struct connection *connection = &place->connection;
	enum phase before;
	enum phase after;

	for (;;) {
		before = connection->phase;
		after = connection_phases[before].step(connection);
		if (after == before)
			return;
		if (after == PHASE_END) {
			leave(place);
			return;
		}
		connection->phase = after;
		if (connection_phases[after].deadline != connection_phases[before].deadline)
			set_deadline(place);
	}
}

static void ready(struct watch *watch, uint32_t events)
{
	struct place *place = of_watch(watch);
	struct connection *connection = &place->connection;

	if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
		connection->ended = true;
	if (connection->ended || (events & connection_phases[connection->phase].events) != 0)
		go_on(place);
}

static void passed(struct deadline *deadline)
{
	struct place *place = of_deadline(deadline);
	struct connection *connection = &place->connection;
	const char *late = connection_phases[connection->phase].late;

	if (late != NULL)
		reports_connection(&connection->tools->reports, REPORT_LATE, &connection->address, "closed",
				   late);
	leave(place);
}

static bool is_full(const struct connections *connections)
{
	return atomic_load(connections->pool_open) >= connections->pool_limit;
}

/*
 * Make sure that there is a place for one more, at the cost of the strangers who have been dallying longest.
 */
static bool make_room(struct connections *connections)
{
	struct deadline *oldest;

	while (is_full(connections) &&
	       (oldest = deadlines_first(&connections->deadlines, DEADLINE_HANDSHAKE)) != NULL) {
		reports_connection(&connections->tools.reports, REPORT_CROWDED,
				   &of_deadline(oldest)->connection.address, "closed",
				   "no handshake yet, and others need the place");
		leave(of_deadline(oldest));
	}
	return !is_full(connections) || connections->open < connections->share;
}

/* On ERR_OK the client and the descriptor are taken over. */
static enum err take_place(struct connections *connections, int fd, const struct in6_addr *address,
			   struct client **client)
{
	struct place *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->watch = (struct watch){ .ready = ready, .fd = fd };
	new->deadline.passed = passed;
	new->connection = (struct connection){ .tools = &connections->tools, .address = *address, .fd = fd };
	new->connections = connections;
	if (loop_add(connections->loop, &new->watch, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET) != ERR_OK) {
		free(new);
		return ERR_IO;
	}
	new->client = *client;
	*client = NULL;
	connections->open++;
	(void)atomic_fetch_add(connections->pool_open, 1);
	set_deadline(new);
	return ERR_OK;
}

static void refused(struct connections *connections, const struct in6_addr *address, const char *why)
{
	reports_connection(&connections->tools.reports, REPORT_REFUSED, address, "refused", why);
}

/* The client's own limit comes first: who has too many must not push others out. */
static enum err admit(struct connections *connections, const struct in6_addr *address, struct client **client)
{
	enum err err = clients_enter(connections->clients, address, client);

	if (err == ERR_REFUSED)
		refused(connections, address, "too many connections of this client");
	if (err != ERR_OK || make_room(connections))
		return err;
	refused(connections, address, "all places are taken");
	return ERR_REFUSED;
}

enum err connections_open(struct connections *connections, int fd, const struct sockaddr_storage *peer)
{
	struct in6_addr address = clients_address(peer);
	struct client *client = NULL;
	enum err err = admit(connections, &address, &client);

	if (err == ERR_OK)
		err = take_place(connections, fd, &address, &client);
	clients_leave(connections->clients, &client);
	if (err == ERR_OK)
		return ERR_OK;
	if (err != ERR_REFUSED)
		refused(connections, &address, err_text(err));
	(void)close(fd);
	return err;
}

void connections_close_silent(struct connections *connections)
{
	struct deadline *deadline = deadlines_first(&connections->deadlines, DEADLINE_HANDSHAKE);

	while (deadline != NULL) {
		struct place *place = of_deadline(deadline);
		char byte;

		deadline = TAILQ_NEXT(deadline, link);
		if (place->connection.phase == PHASE_HELLO &&
		    recv(place->connection.fd, &byte, sizeof(byte), MSG_PEEK) <= 0)
			leave(place);
	}
}

void connections_close_all(struct connections *connections)
{
	struct deadline *deadline;

	for (enum phase phase = 0; phase < PHASE_END; phase++) {
		enum deadline_kind kind = connection_phases[phase].deadline;

		while ((deadline = deadlines_first(&connections->deadlines, kind)) != NULL)
			leave(of_deadline(deadline));
	}
}

void connections_bury(struct connections *connections)
{
	struct place *place;

	while ((place = SLIST_FIRST(&connections->left)) != NULL) {
		SLIST_REMOVE_HEAD(&connections->left, link);
		free(place);
	}
}
