/* SPDX-License-Identifier: ISC */
#include "serve/connections.h"

#include "base/clock.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS (EPOLLIN | EPOLLET)

/* A connection among the others of its worker. */
struct place {
	struct watch watch;
	struct deadline deadline;
	struct turn turn;
	struct connection connection;
	struct connections *connections;
	struct client *client;
	bool awaits_room;
	uint64_t memory; /* that it is counted with */
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

	loop_forget(connections->loop, &place->watch);
	deadlines_clear(&connections->deadlines, &place->deadline);
	queue_remove(&place->turn);
	connection_close(&place->connection);
	clients_leave(connections->clients, &place->client);
	share_leave(&connections->share, place->memory);
	SLIST_INSERT_HEAD(&connections->left, place, link);
}

static bool is_rehearsal(const struct place *place)
{
	return place->connection.tools != &place->connections->tools;
}

static struct deadline *oldest_stranger(const struct connections *connections, bool only_nobodys)
{
	struct deadline *oldest = deadlines_first(&connections->deadlines, DEADLINE_HANDSHAKE);

	while (oldest != NULL &&
	       (is_rehearsal(of_deadline(oldest)) || (only_nobodys && of_deadline(oldest)->client != NULL)))
		oldest = TAILQ_NEXT(oldest, link);
	return oldest;
}

/* The stranger who has been dallying longest goes; returns whether there was one. */
static bool evict(struct connections *connections, enum limit limit, bool only_nobodys)
{
	struct connection_tools *tools = &connections->tools;
	struct deadline *oldest = oldest_stranger(connections, only_nobodys);

	if (oldest == NULL)
		return false;
	counters_add(tools->counters, share_limits[limit].crowded, 1);
	remarks_connection(tools->remarks, REMARK_CROWDED, &of_deadline(oldest)->connection.address, "closed",
			   share_limits[limit].crowded_why);
	leave(of_deadline(oldest));
	return true;
}

static bool make_room(struct connections *connections, enum limit limit, bool only_nobodys)
{
	bool goes_on = true;

	while (share_limits[limit].is_reached(&connections->share) && goes_on)
		goes_on = evict(connections, limit, only_nobodys);
	return goes_on || share_limits[limit].has_least(&connections->share);
}

/* Count what a connection holds now; it may have to go for it itself, but not for what others hold. */
static void weigh(struct place *place)
{
	struct connections *connections = place->connections;
	const struct share *share = &connections->share;
	const struct share_limit *limit = &share_limits[LIMIT_MEMORY];
	uint64_t memory = connection_memory(&place->connection);

	if (memory == place->memory)
		return;
	share_weigh(&connections->share, place->memory, memory);
	place->memory = memory;
	while (limit->is_reached(share) && !limit->has_least(share) &&
	       evict(connections, LIMIT_MEMORY, place->client == NULL))
		continue;
}

/* Rarely is a socket full; to be told of each room in it would wake us twice as often. */
static void await_room(struct place *place)
{
	if (place->awaits_room || !connection_wants_write(&place->connection))
		return;
	place->awaits_room = true;
	(void)loop_change(place->connections->loop, &place->watch, EVENTS | EPOLLOUT);
}

/* A fetch of our own waits for nobody: when it is late, the service is started again. */
static bool has_to_wait(const struct place *place)
{
	const struct connection *connection = &place->connection;
	/* Behind a handshake a request has waited for its turn already. */
	bool is_costly = connection_phases[connection->phase].is_costly ||
			 (connection->kind == ENTRANCE_CHALLENGE && connection->phase == PHASE_PLAIN);

	return is_costly && place->client != NULL;
}

static void await_turn(struct place *place)
{
	struct connections *connections = place->connections;
	unsigned which = place->connection.stream.session != NULL ? 0 : 1;
	struct line *line = clients_line(place->client, connections->worker * CONNECTIONS_QUEUES + which);

	queue_put(&connections->queues[which], line, &place->turn);
}

static enum err refuse(struct connections *connections, const struct in6_addr *address, enum counter counter,
		       const char *why)
{
	counters_add(connections->tools.counters, counter, 1);
	remarks_connection(connections->tools.remarks, REMARK_REFUSED, address, "refused", why);
	return ERR_REFUSED;
}

static enum err enter(struct connections *connections, const struct in6_addr *address, struct client **client)
{
	enum err err = clients_enter(connections->clients, address, client);

	if (err == ERR_REFUSED)
		(void)refuse(connections, address, COUNTER_REFUSED_CLIENT,
			     "too many connections of this client");
	return err;
}

/* What a proxy sends on its own behalf has its turns with all else of that kind, and nothing to limit it. */
static enum err enter_by_header(struct connections *connections, const struct connection *connection,
				struct client **client)
{
	const struct in6_addr *address = &connection->address;
	enum err err = connection->is_named ? enter(connections, address, client)
					    : clients_enter_unlimited(connections->clients, address, client);

	return err == ERR_NO_MEMORY ? refuse(connections, address, COUNTER_REFUSED_SYSTEM, err_text(err))
				    : err;
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
		if (after == before) {
			await_room(place);
			weigh(place);
			return;
		}
		if (after == PHASE_END ||
		    (connection_phases[before].tells_client &&
		     enter_by_header(place->connections, connection, &place->client) != ERR_OK)) {
			leave(place);
			return;
		}
		connection->phase = after;
		/* Who comes to an entrance for challenges stays a stranger, who makes room for others. */
		if (connection->kind != ENTRANCE_CHALLENGE &&
		    connection_phases[after].deadline != connection_phases[before].deadline)
			set_deadline(place);
		if (has_to_wait(place)) {
			await_turn(place);
			weigh(place);
			return;
		}
	}
}

static void ready(struct watch *watch, uint32_t events)
{
	struct place *place = of_watch(watch);

	(void)events;
	if (has_to_wait(place))
		await_turn(place);
	else
		go_on(place);
}

bool connections_are_waiting(const struct connections *connections)
{
	for (unsigned i = 0; i < CONNECTIONS_QUEUES; i++) {
		if (!queue_is_empty(&connections->queues[i]))
			return true;
	}
	return false;
}

void connections_take_turns(struct connections *connections)
{
	for (unsigned i = 0; i < CONNECTIONS_QUEUES; i++) {
		struct turn *turn = queue_next(&connections->queues[i]);

		if (turn != NULL)
			go_on((struct place *)((char *)turn - offsetof(struct place, turn)));
	}
}

static void passed(struct deadline *deadline)
{
	struct place *place = of_deadline(deadline);
	struct connection *connection = &place->connection;
	const char *late = connection_phases[connection->phase].late;

	counters_add(connection->tools->counters, connection_phases[connection->phase].late_counter, 1);
	if (late != NULL)
		remarks_connection(connection->tools->remarks, REMARK_LATE, &connection->address, "closed",
				   late);
	leave(place);
}

/* On ERR_OK the client and what the connection owns are taken over. */
static enum err take_place(struct connections *connections, const struct connection *connection,
			   struct client **client, struct place **place)
{
	struct place *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->watch = (struct watch){ .ready = ready, .fd = connection->fd };
	new->deadline.passed = passed;
	new->connection = *connection;
	new->connections = connections;
	if (loop_add(connections->loop, &new->watch, EVENTS) != ERR_OK) {
		free(new);
		return ERR_IO;
	}
	new->client = *client;
	*client = NULL;
	share_enter(&connections->share);
	counters_add(connection->tools->counters, COUNTER_ACCEPTED, 1);
	if (connection->kind == ENTRANCE_PLAIN)
		counters_add(connection->tools->counters, COUNTER_PLAIN, 1);
	if (connection->kind == ENTRANCE_CHALLENGE)
		counters_add(connection->tools->counters, COUNTER_CHALLENGE_CONNECTIONS, 1);
	set_deadline(new);
	weigh(new);
	*place = new;
	return ERR_OK;
}

/* A proxy's header is nearly always there with its connection, and then it is known at once whose that is. */
static enum err identify(struct connections *connections, struct connection *connection,
			 struct client **client)
{
	enum phase after;

	if (connection->phase != PHASE_PROXY)
		return connection->kind == ENTRANCE_PLAIN ? ERR_OK
							  : enter(connections, &connection->address, client);
	after = connection_phases[PHASE_PROXY].step(connection);
	if (after == PHASE_PROXY)
		return ERR_OK;
	if (after == PHASE_END) { /* it was told and counted why */
		counters_add(connection->tools->counters, COUNTER_ACCEPTED, 1);
		return ERR_REFUSED;
	}
	connection->phase = after;
	return enter_by_header(connections, connection, client);
}

/*
 * The client's own limit comes first: who has too many must not push others out.  Whoever is in front of us
 * has many, and that is right; but while nobody knows whose a connection is, it takes no place of a client's.
 */
static enum err admit(struct connections *connections, struct connection *connection, struct client **client)
{
	enum err err = identify(connections, connection, client);

	for (enum limit i = 0; err == ERR_OK && i < LIMIT_COUNT; i++) {
		if (!make_room(connections, i, *client == NULL))
			err = refuse(connections, &connection->address, share_limits[i].refused,
				     share_limits[i].refused_why);
	}
	return err;
}

enum err connections_open(struct connections *connections, int fd, const struct sockaddr_storage *peer,
			  enum entrance_kind kind)
{
	struct in6_addr address = clients_address(peer);
	bool by_proxy = proxies_include(connections->proxies, peer);
	struct connection connection;
	struct client *client = NULL;
	struct place *place = NULL;
	enum err err;

	connection_begin(&connection, &connections->tools, &address, fd, by_proxy, kind);
	err = admit(connections, &connection, &client);
	if (err == ERR_OK)
		err = take_place(connections, &connection, &client, &place);
	clients_leave(connections->clients, &client);
	if (err == ERR_OK) {
		/* What was read already makes no event; it may have had to go for what it holds. */
		if (by_proxy && place->connection.fd >= 0)
			go_on(place);
		return ERR_OK;
	}
	if (err != ERR_REFUSED)
		(void)refuse(connections, &address, COUNTER_REFUSED_SYSTEM, err_text(err));
	connection_close(&connection);
	return err;
}

enum err connections_rehearse(struct connections *connections, struct connection_tools *tools, int fd)
{
	struct connection connection;
	struct client *nobody = NULL;
	struct place *place = NULL;
	enum err err;

	connection_begin(&connection, tools, &in6addr_any, fd, false, ENTRANCE_HTTPS);
	err = take_place(connections, &connection, &nobody, &place);
	if (err != ERR_OK)
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
		if (place->connection.phase != PHASE_HANDSHAKE && place->connection.bytes.len == 0 &&
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
