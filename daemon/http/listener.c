/* SPDX-License-Identifier: ISC */
#include "http/listener.h"

#include "http/places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEADLINE_MS 30000

/* Strangers only get a 403, and who was answered has only to notice. */
#define SHORT_DEADLINE_MS 2000

/* New connections at a time; the others are served in between. */
#define ACCEPTS_MAX 64

/* How long to leave the listening socket alone when the system has nothing to accept a connection with. */
#define PAUSE_MS 100

#define NEVER UINT64_MAX

struct listener {
	struct visit_tools tools;
	struct routes routes;
	struct exchange *exchange;
	struct loop *loop;
	int fd;                /* -1 when no more is accepted */
	struct watch waiting;  /* for the listening socket; its fd is -1 while that is left alone */
	uint64_t accept_at_ms; /* when to watch the listening socket again, if it is left alone */
	struct log_limit accept_limit;
	uint64_t accepted;
	struct places places;
};

/* All is done in listener_tick(), which follows. */
static void wake_up(struct watch *watch, uint32_t events)
{
	(void)watch;
	(void)events;
}

static void note_ready(struct watch *watch, uint32_t events)
{
	struct place *place = (struct place *)((char *)watch - offsetof(struct place, watch));

	(void)events;
	place->is_ready = true;
}

/* Its errand has come back. */
static void note_heard(void *context)
{
	struct place *place = (struct place *)((char *)context - offsetof(struct place, visit));

	place->is_ready = true;
}

/* What nobody waits for must not wake us; of a hang-up the kernel tells in any case, if not again and again.
 */
static enum err watch_phase(struct listener *listener, struct place *place)
{
	static const uint32_t waited_for[] = {
		[VISIT_LINGER] = EPOLLIN, [VISIT_HEAD] = EPOLLIN,    [VISIT_BODY] = EPOLLIN,
		[VISIT_ERRAND] = EPOLLET, [VISIT_ANSWER] = EPOLLOUT,
	};
	uint32_t events = waited_for[place->visit.phase];

	if (events == place->events)
		return ERR_OK;
	place->events = events;
	return loop_change(listener->loop, &place->watch, events);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* However long an answer takes to be made, and however long it is, as long as the client takes it and does
 * not only drip. */
static void set_deadline(struct listener *listener, struct place *place, enum visit_phase before)
{
	const struct visit *visit = &place->visit;

	if (visit->phase == VISIT_ERRAND)
		place->deadline_ms = NEVER;
	else if (before == VISIT_ERRAND || visit->pieces != place->pieces)
		place->deadline_ms = listener->places.now_ms + DEADLINE_MS;
	place->pieces = visit->pieces;
}

static void go_on(struct listener *listener, struct place *place)
{
	struct visit *visit = &place->visit;
	enum visit_phase before;

	place->is_ready = false;
	do {
		uint64_t told = visit->told;

		before = visit->phase;
		visit_step(visit, &listener->tools);
		if (visit->told != told || visit->phase != before)
			place->moved_ms = listener->places.now_ms;
		set_deadline(listener, place, before);
		if (visit->phase != VISIT_END && visit->phase != VISIT_ERRAND &&
		    !places_make_memory(&listener->places, place))
			places_turn_away(&listener->places, visit);
	} while (visit->phase != before && visit->phase != VISIT_END);
	if (visit->phase == VISIT_LINGER)
		place->deadline_ms = earlier(place->deadline_ms, listener->places.now_ms + SHORT_DEADLINE_MS);
	if (visit->phase == VISIT_END || watch_phase(listener, place) != ERR_OK)
		places_leave(&listener->places, place);
}

static enum err watch_waiting(struct listener *listener)
{
	enum err err;

	listener->waiting.fd = listener->fd;
	err = loop_add(listener->loop, &listener->waiting, EPOLLIN);
	if (err != ERR_OK)
		listener->waiting.fd = -1;
	return err;
}

enum err listener_start(int fd, struct loop *loop, struct clerk *clerk, const struct routes *routes,
			struct listener **listener)
{
	struct listener *new = calloc(1, sizeof(*new));
	enum err err;

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->loop = loop;
	new->routes = *routes;
	new->fd = fd;
	new->waiting = (struct watch){ .ready = wake_up, .fd = -1 };
	err = exchange_new(&new->routes, &new->exchange);
	new->tools = (struct visit_tools){ { &new->routes, clerk, note_heard }, new->exchange };
	new->places.tools = &new->tools;
	new->places.loop = loop;
	new->places.most = routes->places > 0 && routes->places < PLACES_MAX ? routes->places : PLACES_MAX;
	if (err == ERR_OK)
		err = watch_waiting(new);
	if (err != ERR_OK) {
		log_error("http, listener not started (%s)", strerror(errno));
		listener_stop(&new);
		return err;
	}
	*listener = new;
	return ERR_OK;
}

static struct peer identify(const struct listener *listener, int fd)
{
	struct peer peer = { .uid = (uid_t)-1, .right = RIGHT_ANY };

	if (listener->routes.identify != NULL)
		listener->routes.identify(listener->routes.context, fd, &peer);
	return peer;
}

static void take_place(struct listener *listener, const struct place *newcomer)
{
	struct place *place = places_take(&listener->places, newcomer);

	if (loop_add(listener->loop, &place->watch, place->events) == ERR_OK)
		go_on(listener, place);
	else
		places_leave(&listener->places, place);
}

static void take_in(struct listener *listener, int fd)
{
	struct peer peer = identify(listener, fd);
	bool is_stranger = peer.right < listener->routes.least;
	struct place newcomer = {
		.watch = { .ready = note_ready, .fd = fd },
		.events = EPOLLIN,
		.visit = { .fd = fd, .peer = peer, .phase = VISIT_HEAD },
		.number = listener->accepted++,
		.deadline_ms = listener->places.now_ms + (is_stranger ? SHORT_DEADLINE_MS : DEADLINE_MS),
		.moved_ms = listener->places.now_ms,
	};

	if (places_make_room(&listener->places, &newcomer)) {
		take_place(listener, &newcomer);
		return;
	}
	places_turn_away(&listener->places, &newcomer.visit);
	visit_close(&newcomer.visit);
}

static void leave_waiting_alone(struct listener *listener)
{
	loop_remove(listener->loop, &listener->waiting);
	listener->accept_at_ms = listener->places.now_ms + PAUSE_MS;
}

static void accept_waiting(struct listener *listener)
{
	for (unsigned i = 0; i < ACCEPTS_MAX && listener->waiting.fd >= 0; i++) {
		int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			take_in(listener, fd);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (errno == EMFILE && places_spare_descriptor(&listener->places))
			continue;
		if (log_allowed(&listener->accept_limit, listener->places.now_ms))
			log_warning("http, connection not accepted (%s)", strerror(errno));
		leave_waiting_alone(listener);
	}
}

static bool is_left_alone(const struct listener *listener)
{
	return listener->fd >= 0 && listener->waiting.fd < 0;
}

static void accept_again(struct listener *listener)
{
	if (is_left_alone(listener) && listener->places.now_ms >= listener->accept_at_ms &&
	    watch_waiting(listener) != ERR_OK)
		listener->accept_at_ms = listener->places.now_ms + PAUSE_MS;
}

static uint64_t next_due(const struct listener *listener)
{
	uint64_t due = is_left_alone(listener) ? listener->accept_at_ms : NEVER;

	for (size_t i = 0; i < PLACES_MAX; i++) {
		if (listener->places.place[i].is_used)
			due = earlier(due, listener->places.place[i].deadline_ms);
	}
	return due;
}

int64_t listener_tick(struct listener *listener, uint64_t now_ms)
{
	uint64_t due;

	listener->places.now_ms = now_ms;
	accept_again(listener);
	accept_waiting(listener);
	for (struct place *place = listener->places.place; place < listener->places.place + PLACES_MAX;
	     place++) {
		if (place->is_used && place->is_ready)
			go_on(listener, place);
		if (place->is_used && now_ms >= place->deadline_ms)
			places_leave(&listener->places, place);
	}
	due = next_due(listener);
	if (due == NEVER)
		return -1;
	return due > now_ms ? (int64_t)(due - now_ms) : 0;
}

void listener_quiesce(struct listener *listener)
{
	loop_remove(listener->loop, &listener->waiting);
	listener->fd = -1;
}

unsigned listener_connections(const struct listener *listener)
{
	return listener->places.used;
}

void listener_stop(struct listener **listener)
{
	struct listener *old = *listener;

	if (old == NULL)
		return;
	loop_remove(old->loop, &old->waiting);
	for (struct place *place = old->places.place; place < old->places.place + PLACES_MAX; place++) {
		if (place->is_used)
			places_leave(&old->places, place);
	}
	exchange_free(&old->exchange);
	free(old);
	*listener = NULL;
}
