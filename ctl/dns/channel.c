/* SPDX-License-Identifier: ISC */
#include "ctl/dns/channel.h"

#include "base/sock.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define TRIES 2

/* What passes every path unfragmented. */
#define UDP_SIZE 1232

struct channel {
	ares_channel ares;
	struct pollfd socket[CHANNEL_SOCKETS_MAX];
	size_t sockets;
	channel_done *done;
	void *arg;
};

static pthread_once_t library = PTHREAD_ONCE_INIT;

/* Once for all threads, and never taken back. */
static void start_library(void)
{
	(void)ares_library_init(ARES_LIB_INIT_ALL);
}

/* Both families have it at the same place; nobody listens at port 0. */
static bool has_port(const struct sock_address *address)
{
	const struct sockaddr_in *in4 = (const void *)&address->storage;

	return in4->sin_port != 0;
}

static enum err parse_server(const char *server, struct sock_address *address)
{
	static const char *const forms[][2] = { { "", "" }, { "", ":53" }, { "[", "]:53" } };
	char whole[SOCK_TEXT_SIZE];

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		int len = snprintf(whole, sizeof(whole), "%s%s%s", forms[i][0], server, forms[i][1]);

		if (len > 0 && (size_t)len < sizeof(whole) && sock_parse(whole, address) == ERR_OK)
			return has_port(address) ? ERR_OK : ERR_SYNTAX;
	}
	return ERR_SYNTAX;
}

static enum err from_status(int status)
{
	static const struct {
		int status;
		enum err err;
	} rows[] = {
		{ ARES_SUCCESS, ERR_OK },          { ARES_ETIMEOUT, ERR_AGAIN },
		{ ARES_ECONNREFUSED, ERR_CLOSED }, { ARES_ENOMEM, ERR_NO_MEMORY },
		{ ARES_EBADRESP, ERR_SYNTAX },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].status == status)
			return rows[i].err;
	}
	return ERR_IO;
}

static enum err set_server(ares_channel ares, const struct sock_address *address)
{
	char text[SOCK_TEXT_SIZE];

	return from_status(ares_set_servers_ports_csv(ares, sock_text(address, text)));
}

/* Once for each socket whenever it has to be watched for something else; without any event it is gone. */
static void watch_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct channel *channel = arg;
	int events = (readable != 0 ? POLLIN : 0) | (writable != 0 ? POLLOUT : 0);
	size_t i = 0;

	while (i < channel->sockets && channel->socket[i].fd != fd)
		i++;
	if (events == 0) {
		if (i < channel->sockets)
			channel->socket[i] = channel->socket[--channel->sockets];
		return;
	}
	if (i == CHANNEL_SOCKETS_MAX)
		return;
	channel->socket[i] = (struct pollfd){ .fd = fd, .events = (short)events };
	if (i == channel->sockets)
		channel->sockets++;
}

/* Of several resolvers the next is tried when one does not know, unless its word is final. */
static enum err set_up(const struct channel_way *way, const struct sock_address *address,
		       struct channel *channel)
{
	struct ares_options options = {
		.flags = ARES_FLAG_EDNS | (way->recurse ? 0 : ARES_FLAG_NORECURSE) |
			 (way->final ? ARES_FLAG_NOCHECKRESP : 0),
		.timeout = way->timeout_ms,
		.tries = TRIES,
		.ednspsz = UDP_SIZE,
		.sock_state_cb = watch_socket,
		.sock_state_cb_data = channel,
	};
	enum err err;

	(void)pthread_once(&library, start_library);
	err = from_status(ares_init_options(&channel->ares, &options,
					    ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
						    ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB));
	if (err != ERR_OK)
		channel->ares = NULL;
	else if (way->server != NULL)
		err = set_server(channel->ares, address);
	return err;
}

enum err channel_open(const struct channel_way *way, struct channel **channel)
{
	struct sock_address address = { 0 };
	struct channel *opened;
	enum err err;

	if (way->server != NULL && parse_server(way->server, &address) != ERR_OK)
		return ERR_SYNTAX;
	if (way->server != NULL && !sock_has_route(&address))
		return ERR_NOT_FOUND;
	opened = calloc(1, sizeof(*opened));
	if (opened == NULL)
		return ERR_NO_MEMORY;
	err = set_up(way, &address, opened);
	if (err != ERR_OK)
		channel_close(&opened);
	*channel = opened;
	return err;
}

void channel_close(struct channel **channel)
{
	if (*channel == NULL)
		return;
	if ((*channel)->ares != NULL)
		ares_destroy((*channel)->ares);
	free(*channel);
	*channel = NULL;
}

/* The library derives its status from the answer, too; the answer says more. */
static void hand_over(const struct channel *channel, int status, const unsigned char *bytes, size_t len)
{
	if (bytes != NULL)
		channel->done(channel->arg, ERR_OK, bytes, len);
	else
		channel->done(channel->arg, status == ARES_SUCCESS ? ERR_IO : from_status(status), NULL, 0);
}

/* Since 1.28 the library reads an answer before it hands it over, and what it cannot read it keeps. */
#if ARES_VERSION >= 0x011c00
static void take(void *arg, ares_status_t status, size_t timeouts, const ares_dns_record_t *answer)
{
	unsigned char *bytes = NULL;
	size_t len = 0;

	(void)timeouts;
	if (answer != NULL && ares_dns_write(answer, &bytes, &len) != ARES_SUCCESS)
		status = ARES_ENOMEM;
	hand_over(arg, (int)status, bytes, len);
	ares_free_string(bytes);
}

static void ask(struct channel *channel, const char *name, int type)
{
	(void)ares_query_dnsrec(channel->ares, name, ARES_CLASS_IN, (ares_dns_rec_type_t)type, take, channel,
				NULL);
}
#else
static void take(void *arg, int status, int timeouts, unsigned char *bytes, int len)
{
	(void)timeouts;
	hand_over(arg, status, bytes, (size_t)len);
}

static void ask(struct channel *channel, const char *name, int type)
{
	ares_query(channel->ares, name, ns_c_in, type, take, channel);
}
#endif

void channel_ask(struct channel *channel, const char *name, int type, channel_done *done, void *arg)
{
	channel->done = done;
	channel->arg = arg;
	/* The library would take an escaped byte for several. */
	if (strchr(name, '\\') != NULL)
		done(arg, ERR_IO, NULL, 0);
	else
		ask(channel, name, type);
}

size_t channel_watch(struct channel *channel, struct pollfd *ready, int *timeout_ms)
{
	struct timeval left;

	memcpy(ready, channel->socket, channel->sockets * sizeof(*ready));
	if (ares_timeout(channel->ares, NULL, &left) != NULL) {
		long ms = left.tv_sec * 1000 + left.tv_usec / 1000 + 1;

		if (ms < *timeout_ms)
			*timeout_ms = (int)ms;
	}
	return channel->sockets;
}

void channel_serve(struct channel *channel, const struct pollfd *ready, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (ready[i].revents != 0)
			ares_process_fd(channel->ares,
					(ready[i].revents & ~POLLOUT) != 0 ? ready[i].fd : ARES_SOCKET_BAD,
					(ready[i].revents & POLLOUT) != 0 ? ready[i].fd : ARES_SOCKET_BAD);
	}
	/* Without a socket the library looks whether its time is over. */
	ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}
