/* SPDX-License-Identifier: ISC */
#include "http/listener.h"

#include "base/log.h"
#include "base/sock.h"
#include "http/reply.h"
#include "http/visit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 64
#define DEADLINE_MS     30000

/* Strangers, who only get a 403: too few and too short to keep those out who may ask. */
#define STRANGERS_MAX        8
#define STRANGER_DEADLINE_MS 2000

/* How long to leave the listening socket alone when the system has nothing to accept a connection with. */
#define PAUSE_MS 100

#define NEVER UINT64_MAX

/* A connection. */
struct slot {
	bool used;
	bool stranger;
	bool ended; /* its client has said its last, and the library knows */
	int fd;
	uint64_t deadline_ms;
};

struct listener {
	struct MHD_Daemon *daemon;
	struct loop *loop;
	struct routes routes;
	int fd;                /* -1 when no more is accepted */
	struct watch waiting;  /* for the listening socket; its fd is -1 while that is left alone */
	struct watch library;  /* for what the library waits for */
	uint64_t accept_at_ms; /* when to watch the listening socket again, if it is left alone */
	uint64_t now_ms;
	struct log_limit accept_limit;
	unsigned places; /* connections there may be */
	unsigned connections;
	unsigned strangers;
	struct slot slots[CONNECTIONS_MAX];
};

/* All is done in listener_tick(), which follows. */
static void wake_up(struct watch *watch, uint32_t events)
{
	(void)watch;
	(void)events;
}

static bool is_stranger(const struct listener *listener, int fd)
{
	return listener->routes.admit != NULL && !listener->routes.admit(listener->routes.context, fd);
}

static void begin_slot(struct listener *listener, int fd, void **context)
{
	bool stranger = is_stranger(listener, fd);

	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		if (listener->slots[i].used)
			continue;
		listener->slots[i] = (struct slot){
			.used = true,
			.stranger = stranger,
			.fd = fd,
			.deadline_ms = listener->now_ms + (stranger ? STRANGER_DEADLINE_MS : DEADLINE_MS),
		};
		listener->connections++;
		listener->strangers += stranger;
		*context = &listener->slots[i];
		return;
	}
}

static void note_connection(void *cls, struct MHD_Connection *connection, void **context,
			    enum MHD_ConnectionNotificationCode what)
{
	struct listener *listener = cls;
	struct slot *slot = *context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		begin_slot(listener,
			   MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
			   context);
	} else if (slot != NULL) {
		slot->used = false;
		listener->connections--;
		listener->strangers -= slot->stranger;
	}
}

/*
 * The library would accept by itself, but without a free descriptor and a connection to wait for it goes
 * round at full speed; so it has no listening socket.  Its own limit lies one higher than ours: it must not
 * be reached, for then MHD_add_connection() returns with a lock held.  Nor has it a log: it would tell of
 * each connection that is not TCP.
 */
static struct MHD_Daemon *start_library(struct listener *listener)
{
	return MHD_start_daemon(MHD_USE_NO_LISTEN_SOCKET | MHD_USE_EPOLL, 0, NULL, NULL, visit_handle,
				&listener->routes, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX + 1u,
				MHD_OPTION_NOTIFY_CONNECTION, note_connection, listener,
				MHD_OPTION_URI_LOG_CALLBACK, visit_begin, &listener->routes,
				MHD_OPTION_NOTIFY_COMPLETED, visit_end, &listener->routes,
				MHD_OPTION_UNESCAPE_CALLBACK, reply_keep_escapes, NULL, MHD_OPTION_END);
}

static enum err watch_library(struct listener *listener)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	if (info == NULL)
		return ERR_IO;
	listener->library.fd = info->epoll_fd;
	return loop_add(listener->loop, &listener->library, EPOLLIN);
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

enum err listener_start(int fd, struct loop *loop, const struct routes *routes, struct listener **listener)
{
	struct listener *new = calloc(1, sizeof(*new));
	enum err err = ERR_IO;

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->loop = loop;
	new->routes = *routes;
	new->places =
		routes->places > 0 && routes->places < CONNECTIONS_MAX ? routes->places : CONNECTIONS_MAX;
	new->fd = fd;
	new->waiting = (struct watch){ .ready = wake_up, .fd = -1 };
	new->library = (struct watch){ .ready = wake_up, .fd = -1 };
	new->daemon = start_library(new);
	if (new->daemon != NULL)
		err = watch_library(new);
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

static bool may_accept(const struct listener *listener)
{
	return listener->fd >= 0 && listener->connections < listener->places;
}

static void leave_waiting_alone(struct listener *listener, uint64_t pause_ms)
{
	loop_remove(listener->loop, &listener->waiting);
	listener->accept_at_ms = listener->now_ms + pause_ms;
}

static void take_in(struct listener *listener, int fd, const struct sock_address *peer)
{
	if (listener->strangers >= STRANGERS_MAX && is_stranger(listener, fd))
		(void)close(fd);
	else /* on failure it closes the socket */
		(void)MHD_add_connection(listener->daemon, fd, (const struct sockaddr *)&peer->storage,
					 peer->len);
}

static void accept_waiting(struct listener *listener)
{
	while (listener->waiting.fd >= 0 && may_accept(listener)) {
		struct sock_address peer = { .len = sizeof(peer.storage) };
		int fd = accept4(listener->fd, (struct sockaddr *)&peer.storage, &peer.len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && errno == EAGAIN)
			return;
		if (fd >= 0) {
			take_in(listener, fd, &peer);
			continue;
		}
		if (log_allowed(&listener->accept_limit, listener->now_ms))
			log_warning("http, connection not accepted (%s)", strerror(errno));
		leave_waiting_alone(listener, PAUSE_MS);
	}
	if (!may_accept(listener))
		leave_waiting_alone(listener, 0);
}

static void accept_again(struct listener *listener)
{
	if (may_accept(listener) && listener->waiting.fd < 0 && listener->now_ms >= listener->accept_at_ms &&
	    watch_waiting(listener) != ERR_OK)
		listener->accept_at_ms = listener->now_ms + PAUSE_MS;
}

/*
 * The library keeps a list of its own of who is ready, so its descriptor alone does not tell whether it has
 * something to do.  Tells whether it has.
 */
static bool run_library(struct listener *listener)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms = 0;

	(void)MHD_run(listener->daemon);
	return MHD_get_timeout(listener->daemon, &timeout_ms) == MHD_YES && timeout_ms == 0;
}

/*
 * The library reads once for each event: where the client's last bytes and its end came as one event, it
 * would wait for the end in vain.  This makes another event of it, and nothing more is going to be read
 * anyway.
 */
static void repeat_end(struct slot *slot)
{
	char byte;

	if (!slot->used || slot->ended || recv(slot->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0)
		return;
	slot->ended = true;
	(void)shutdown(slot->fd, SHUT_RD);
}

/* A cut connection becomes readable, and the library closes it then. */
static void cut_late(const struct slot *slot, uint64_t now_ms)
{
	if (slot->used && now_ms >= slot->deadline_ms)
		(void)shutdown(slot->fd, SHUT_RDWR);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t next_due(const struct listener *listener)
{
	uint64_t due = NEVER;

	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		if (listener->slots[i].used)
			due = earlier(due, listener->slots[i].deadline_ms);
	}
	if (may_accept(listener) && listener->waiting.fd < 0)
		due = earlier(due, listener->accept_at_ms);
	return due;
}

int64_t listener_tick(struct listener *listener, uint64_t now_ms)
{
	bool busy;
	uint64_t due;

	listener->now_ms = now_ms;
	accept_waiting(listener);
	busy = run_library(listener);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		repeat_end(&listener->slots[i]);
		cut_late(&listener->slots[i], now_ms);
	}
	accept_again(listener);
	due = next_due(listener);
	if (busy || due <= now_ms)
		return 0;
	return due == NEVER ? -1 : (int64_t)(due - now_ms);
}

void listener_quiesce(struct listener *listener)
{
	loop_remove(listener->loop, &listener->waiting);
	listener->fd = -1;
}

unsigned listener_connections(const struct listener *listener)
{
	return listener->connections;
}

void listener_stop(struct listener **listener)
{
	struct listener *old = *listener;

	if (old == NULL)
		return;
	loop_remove(old->loop, &old->waiting);
	loop_remove(old->loop, &old->library);
	if (old->daemon != NULL)
		MHD_stop_daemon(old->daemon);
	free(old);
	*listener = NULL;
}
