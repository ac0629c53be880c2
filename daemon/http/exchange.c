/* SPDX-License-Identifier: ISC */
#include "http/exchange.h"

#include "base/clock.h"
#include "base/log.h"
#include "http/reply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One run reads, answers and closes; the others are for a library that takes its time. */
#define RUNS_MAX 16

struct exchange {
	struct MHD_Daemon *daemon;
	const struct routes *routes;
	struct log_limit limit;

	/* Of the request that runs now: */
	const struct head *head; /* NULL when it is refused with ... */
	unsigned refusal;
	bool answered; /* by us, not by the library on its own account */
	char target[HEAD_TARGET_LIMIT + 1];
};

/* What the library calls the URI log is the only place where a target can be had as it came. */
static void *keep_target(void *cls, const char *target, struct MHD_Connection *connection)
{
	struct exchange *exchange = cls;

	(void)connection;
	(void)snprintf(exchange->target, sizeof(exchange->target), "%s", target);
	return NULL;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload, size_t *upload_len,
			      void **state)
{
	struct exchange *exchange = cls;
	struct answer answer = { 0 };

	(void)url, (void)method, (void)version, (void)upload, (void)upload_len, (void)state;
	if (exchange->head == NULL) {
		routes_refuse(exchange->routes, exchange->refusal, &answer);
	} else {
		struct request request = {
			.method = exchange->head->method,
			.target = exchange->target,
			.host = exchange->head->host,
			.body = "",
			.peer_fd = -1,
		};

		routes_answer(exchange->routes, &request, &answer);
	}
	/* Queued at the first call, so that the library parses nothing that follows the head. */
	exchange->answered = reply_queue(connection, &answer);
	return exchange->answered ? MHD_YES : MHD_NO;
}

enum err exchange_new(const struct routes *routes, struct exchange **exchange)
{
	struct exchange *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->routes = routes;
	/* Without its log, which would tell of each request that a socket pair is not TCP. */
	new->daemon =
		MHD_start_daemon(MHD_USE_NO_LISTEN_SOCKET | MHD_USE_EPOLL | MHD_USE_TURBO, 0, NULL, NULL,
				 handle, new, MHD_OPTION_URI_LOG_CALLBACK, keep_target, new,
				 MHD_OPTION_UNESCAPE_CALLBACK, reply_keep_escapes, NULL, MHD_OPTION_END);
	if (new->daemon == NULL) {
		log_error("http, exchange not started (%s)", strerror(errno));
		free(new);
		return ERR_IO;
	}
	*exchange = new;
	return ERR_OK;
}

void exchange_free(struct exchange **exchange)
{
	if (*exchange == NULL)
		return;
	MHD_stop_daemon((*exchange)->daemon);
	free(*exchange);
	*exchange = NULL;
}

/* ERR_AGAIN: not all of it is there yet. */
static enum err receive(int fd, char answer[EXCHANGE_ANSWER_SIZE], size_t *used)
{
	while (*used < EXCHANGE_ANSWER_SIZE) {
		ssize_t got = recv(fd, answer + *used, EXCHANGE_ANSWER_SIZE - *used, MSG_DONTWAIT);

		if (got == 0)
			return ERR_OK;
		if (got < 0)
			return errno == EAGAIN ? ERR_AGAIN : ERR_IO;
		*used += (size_t)got;
	}
	errno = EMSGSIZE;
	return ERR_IO;
}

static enum err run_library(struct exchange *exchange, int fd, char answer[EXCHANGE_ANSWER_SIZE],
			    size_t *used)
{
	enum err err = ERR_AGAIN;

	for (int i = 0; err == ERR_AGAIN && i < RUNS_MAX; i++) {
		if (MHD_run(exchange->daemon) != MHD_YES)
			return ERR_IO;
		err = receive(fd, answer, used);
	}
	if (err == ERR_AGAIN || (err == ERR_OK && !exchange->answered)) {
		errno = EPROTO;
		err = ERR_IO;
	}
	return err;
}

/* Takes both ends over. */
static enum err talk(struct exchange *exchange, int ends[2], const char *head, size_t len,
		     char answer[EXCHANGE_ANSWER_SIZE], size_t *used)
{
	struct sockaddr nobody = { .sa_family = AF_UNIX };
	enum err err = ERR_IO;
	int why;

	if (send(ends[0], head, len, MSG_NOSIGNAL) != (ssize_t)len)
		(void)close(ends[1]);
	else if (MHD_add_connection(exchange->daemon, ends[1], &nobody, sizeof(nobody)) == MHD_YES)
		err = run_library(exchange, ends[0], answer, used);
	why = errno;
	(void)close(ends[0]);

	/* Whatever went wrong, the next request finds the library without a connection. */
	if (err != ERR_OK)
		(void)MHD_run(exchange->daemon);
	errno = why;
	return err;
}

static enum err run(struct exchange *exchange, const char *head, size_t len,
		    char answer[EXCHANGE_ANSWER_SIZE], size_t *answer_len)
{
	int ends[2];
	size_t used = 0;
	enum err err = ERR_IO;

	exchange->answered = false;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0)
		err = talk(exchange, ends, head, len, answer, &used);
	if (err == ERR_OK)
		*answer_len = used;
	else if (log_allowed(&exchange->limit, clock_ms()))
		log_warning("http, request not answered (%s)", strerror(errno));
	return err;
}

enum err exchange_run(struct exchange *exchange, const char *bytes, size_t len, const struct head *head,
		      char answer[EXCHANGE_ANSWER_SIZE], size_t *answer_len)
{
	char reduced[HEAD_LIMIT + HOST_SIZE + sizeof("\r\nHost: \r\n\r\n")];
	const char *end = memchr(bytes, '\r', len);
	int reduced_len;

	/*
	 * All that decides the answer is the request line and the host.  The library is not shown more: it
	 * would answer for itself when a thousand small fields exhaust its memory, or wait for a body.
	 */
	if (end == NULL || end - bytes > HEAD_LIMIT)
		return ERR_IO;
	reduced_len = snprintf(reduced, sizeof(reduced), "%.*s\r\nHost: %s\r\n\r\n", (int)(end - bytes),
			       bytes, head->host);
	exchange->head = head;
	return run(exchange, reduced, (size_t)reduced_len, answer, answer_len);
}

enum err exchange_refuse(struct exchange *exchange, unsigned status, char answer[EXCHANGE_ANSWER_SIZE],
			 size_t *answer_len)
{
	static const char head[] = "GET / HTTP/1.1\r\nHost: refused.invalid\r\n\r\n";

	exchange->head = NULL;
	exchange->refusal = status;
	return run(exchange, head, sizeof(head) - 1, answer, answer_len);
}
