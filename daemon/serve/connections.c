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
	connections->open--;
	(void)atomic_fetch_sub(&connections->load->open, 1);
	connections->memory -= place->memory;
	(void)atomic_fetch_sub(&connections->load->memory, place->memory);
	SLIST_INSERT_HEAD(&connections->left, place, link);
}

static bool is_full(const struct connections *connections)
{
	return atomic_load(&connections->load->open) >= connections->limit;
}

static bool has_places(const struct connections *connections)
{
	return connections->open < connections->share;
}

static bool is_heavy(const struct connections *connections)
{
	return atomic_load(&connections->load->memory) >= connections->memory_limit;
}

static bool has_memory(const struct connections *connections)
{
	return connections->memory < connections->memory_share;
}

enum limit { LIMIT_CONNECTIONS, LIMIT_MEMORY };

#define LIMIT_COUNT (LIMIT_MEMORY + 1)

/* What there is too much of, who has to go for it, and who is not let in for it. */
static const struct {
	bool (*is_reached)(const struct connections *connections);
	bool (*has_share)(
		const struct connections *connections); /* a part of it that is this worker's in any case */
	enum counter crowded;
	const char *crowded_why;
	enum counter refused;
	const char *refused_why;
} limits[LIMIT_COUNT] = {
	[LIMIT_CONNECTIONS] = { is_full, has_places, COUNTER_CROWDED_CONNECTIONS,
				"no handshake yet, and others need the place", COUNTER_REFUSED_CONNECTIONS,
				"all places are taken" },
	[LIMIT_MEMORY] = { is_heavy, has_memory, COUNTER_CROWDED_MEMORY,
			   "no handshake yet, and others need the memory", COUNTER_REFUSED_MEMORY,
			   "all memory is taken" },
};

static bool is_rehearsal(const struct place *place)
{
	return place->connection.tools != &place->connections->tools;
}

static struct deadline *oldest_stranger(const struct connections *connections)
{
	struct deadline *oldest = deadlines_first(&connections->deadlines, DEADLINE_HANDSHAKE);

	while (oldest != NULL && is_rehearsal(of_deadline(oldest)))
		oldest = TAILQ_NEXT(oldest, link);
	return oldest;
}

/* The stranger who has been dallying longest goes; returns whether there was one. */
static bool evict(struct connections *connections, enum limit limit)
{
	struct connection_tools *tools = &connections->tools;
	struct deadline *oldest = oldest_stranger(connections);

	if (oldest == NULL)
		return false;
	counters_add(tools->counters, limits[limit].crowded, 1);
	remarks_connection(tools->remarks, REMARK_CROWDED, &of_deadline(oldest)->connection.address, "closed",
			   limits[limit].crowded_why);
	leave(of_deadline(oldest));
	return true;
}

static bool make_room(struct connections *connections, enum limit limit)
{
	bool goes_on = true;

	while (limits[limit].is_reached(connections) && goes_on)
		goes_on = evict(connections, limit);
	return goes_on || limits[limit].has_share(connections);
}

/* Count what a connection holds now; it may have to go for it itself, but not for what others hold. */
static void weigh(struct place *place)
{
	struct connections *connections = place->connections;
	uint64_t memory = connection_memory(&place->connection);

	if (memory == place->memory)
		return;
	connections->memory += memory - place->memory;
	(void)atomic_fetch_add(&connections->load->memory, memory - place->memory);
	place->memory = memory;
	while (is_heavy(connections) && !has_memory(connections) && evict(connections, LIMIT_MEMORY))
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
	return connection_phases[place->connection.phase].is_costly && place->client != NULL;
}

static void await_turn(struct place *place)
{
	struct connections *connections = place->connections;
	unsigned which = place->connection.session != NULL ? 0 : 1;
	struct line *line = clients_line(place->client, connections->worker * CONNECTIONS_QUEUES + which);

	queue_put(&connections->queues[which], line, &place->turn);
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
		if (after == PHASE_END) {
			leave(place);
			return;
		}
		connection->phase = after;
		if (connection_phases[after].deadline != connection_phases[before].deadline)
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

	counters_add(connection->tools->counters, (enum counter)(COUNTER_LATE_HELLO + connection->phase), 1);
	if (late != NULL)
		remarks_connection(connection->tools->remarks, REMARK_LATE, &connection->address, "closed",
				   late);
	leave(place);
}

/* On ERR_OK the client and the descriptor are taken over. */
static enum err take_place(struct connections *connections, struct connection_tools *tools, int fd,
			   const struct in6_addr *address, struct client **client)
{
	struct place *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->watch = (struct watch){ .ready = ready, .fd = fd };
	new->deadline.passed = passed;
	new->connection = (struct connection){ .tools = tools, .address = *address, .fd = fd };
	new->connections = connections;
	if (loop_add(connections->loop, &new->watch, EVENTS) != ERR_OK) {
		free(new);
		return ERR_IO;
	}
	new->client = *client;
	*client = NULL;
	connections->open++;
	(void)atomic_fetch_add(&connections->load->open, 1);
	counters_add(tools->counters, COUNTER_ACCEPTED, 1);
	set_deadline(new);
	weigh(new);
	return ERR_OK;
}

static enum err refuse(struct connections *connections, const struct in6_addr *address, enum counter counter,
		       const char *why)
{
	counters_add(connections->tools.counters, counter, 1);
	remarks_connection(connections->tools.remarks, REMARK_REFUSED, address, "refused", why);
	return ERR_REFUSED;
}

/* The client's own limit comes first: who has too many must not push others out. */
static enum err admit(struct connections *connections, const struct in6_addr *address, struct client **client)
{
	enum err err = clients_enter(connections->clients, address, client);

	if (err == ERR_REFUSED)
		return refuse(connections, address, COUNTER_REFUSED_CLIENT,
			      "too many connections of this client");
	for (enum limit i = 0; err == ERR_OK && i < LIMIT_COUNT; i++) {
		if (!make_room(connections, i))
			err = refuse(connections, address, limits[i].refused, limits[i].refused_why);
	}
	return err;
}

enum err connections_open(struct connections *connections, int fd, const struct sockaddr_storage *peer)
{
	struct in6_addr address = clients_address(peer);
	struct client *client = NULL;
	enum err err = admit(connections, &address, &client);

	if (err == ERR_OK)
		err = take_place(connections, &connections->tools, fd, &address, &client);
	clients_leave(connections->clients, &client);
	if (err == ERR_OK)
		return ERR_OK;
	if (err != ERR_REFUSED)
		(void)refuse(connections, &address, COUNTER_REFUSED_SYSTEM, err_text(err));
	(void)close(fd);
	return err;
}

enum err connections_rehearse(struct connections *connections, struct connection_tools *tools, int fd)
{
	struct client *nobody = NULL;
	enum err err = take_place(connections, tools, fd, &in6addr_any, &nobody);

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
		if (place->connection.phase == PHASE_HELLO && place->connection.bytes.len == 0 &&
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
