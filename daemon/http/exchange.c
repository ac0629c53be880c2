/* SPDX-License-Identifier: ISC */
#include "http/exchange.h"

#include "base/clock.h"
#include "log/log.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One run reads and answers; the others are for a library that takes its time. */
#define RUNS_MAX 16

/*
 * On the way through the socket pair a connection lasts, and on the client's it does not: such a field is for
 * each way by itself (RFC 9110, section 7.6.1).
 */
static const char close_field[] = "Connection: close\r\n";
#define CLOSE_FIELD_LEN (sizeof(close_field) - 1)

struct exchange {
	struct MHD_Daemon *daemon;
	const struct routes *routes;
	struct log_limit limit;
	int end;     /* ours of the socket pair, or -1 */
	int far_end; /* the library's */

	/* Of the request that runs now: */
	const struct answer *announced; /* NULL unless only its head is wanted */
	const struct head *head;        /* NULL when it is refused with ... */
	unsigned refusal;
	struct exchange_result result;
	bool handled;
	bool answered; /* by us, not by the library on its own account */
	bool completed;
	char target[HEAD_TARGET_LIMIT + 1];
};

/* A way that was given up may still have something to say, which is for nobody. */
static bool is_current(const struct exchange *exchange, struct MHD_Connection *connection)
{
	return exchange->end >= 0 &&
	       MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd ==
		       exchange->far_end;
}

/* What the library calls the URI log is the only place where a target can be had as it came. */
static void *keep_target(void *cls, const char *target, struct MHD_Connection *connection)
{
	struct exchange *exchange = cls;

	if (is_current(exchange, connection))
		(void)snprintf(exchange->target, sizeof(exchange->target), "%s", target);
	return NULL;
}

static struct MHD_Response *response_of_lent(struct answer *answer)
{
	/* The library's type for the bytes is not const, though it only reads them. */
	struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
		answer->lent_len, (void *)(uintptr_t)answer->lent, answer->release, answer->owner);

	if (response != NULL)
		answer->release = NULL;
	return response;
}

static struct MHD_Response *response_of_body(struct answer *answer)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(answer->body.len, answer->body.bytes, MHD_RESPMEM_MUST_FREE);

	if (response != NULL)
		answer->body = (struct text){ 0 };
	return response;
}

/* Only the head of such an answer is announced here. */
static ssize_t read_nothing(void *nobody, uint64_t place, char *bytes, size_t size)
{
	(void)nobody, (void)place, (void)bytes, (void)size;
	return MHD_CONTENT_READER_END_WITH_ERROR;
}

static struct MHD_Response *response_of(struct answer *answer)
{
	if (answer->more != NULL)
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, read_nothing, NULL, NULL);
	if (answer->lent != NULL)
		return response_of_lent(answer);
	if (answer->body.len > 0)
		return response_of_body(answer);
	return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
}

static bool add_headers(struct MHD_Response *response, const char *content_type, unsigned allow)
{
	char methods[ROUTES_ALLOW_SIZE];
	const struct {
		const char *name;
		const char *value; /* NULL: not in this answer */
	} headers[] = {
		{ MHD_HTTP_HEADER_CONTENT_TYPE, content_type },
		{ MHD_HTTP_HEADER_CACHE_CONTROL, "no-store" },
		{ MHD_HTTP_HEADER_ALLOW, allow != 0 ? routes_allow(allow, methods) : NULL },
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		if (headers[i].value != NULL &&
		    MHD_add_response_header(response, headers[i].name, headers[i].value) != MHD_YES)
			return false;
	}
	return true;
}

/*
 * Hand an answer to the library, which gives back what it borrowed when it has sent it; false when the
 * library would not have it (no memory).  The answer is empty afterwards.
 */
static bool queue(struct MHD_Connection *connection, struct answer *answer)
{
	bool has_body = answer->lent != NULL || answer->body.len > 0 || answer->more != NULL;
	struct MHD_Response *response = response_of(answer);
	bool queued = response != NULL &&
		      add_headers(response, has_body ? answer->content_type : NULL, answer->allow) &&
		      MHD_queue_response(connection, answer->status, response) == MHD_YES;

	/* The connection has a reference of its own, if it was queued. */
	if (response != NULL)
		MHD_destroy_response(response);
	answer_free(answer);
	return queued;
}

/* Leave a target as it came. */
static size_t keep_escapes(void *nothing, struct MHD_Connection *connection, char *string)
{
	(void)nothing;
	(void)connection;
	return strlen(string);
}

static void make_answer(struct exchange *exchange, struct answer *answer)
{
	const struct answer *announced = exchange->announced;
	struct request request = { .target = exchange->target, .body = "", .peer.right = RIGHT_ANY };

	if (announced != NULL) {
		*answer = (struct answer){
			.status = announced->status,
			.content_type = announced->content_type,
			.allow = announced->allow,
			.lent = announced->lent != NULL ? announced->lent : announced->body.bytes,
			.lent_len = announced->lent != NULL ? announced->lent_len : announced->body.len,
			.more = announced->more,
		};
	} else if (exchange->head == NULL) {
		routes_refuse(exchange->routes, exchange->refusal, answer);
	} else {
		request.method = exchange->head->method;
		request.host = exchange->head->host;
		routes_answer(exchange->routes, &request, answer);
	}
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload, size_t *upload_len,
			      void **state)
{
	struct exchange *exchange = cls;
	struct answer answer = { 0 };

	(void)url, (void)method, (void)version, (void)upload, (void)upload_len;
	if (!is_current(exchange, connection))
		return MHD_NO;
	/* To an answer at the first call, before the body that may follow, the library adds an end of its
	 * own. */
	if (*state == NULL) {
		*state = exchange;
		return MHD_YES;
	}
	exchange->handled = true;
	make_answer(exchange, &answer);
	exchange->result.status = answer.status;
	memcpy(exchange->result.note, answer.note, sizeof(answer.note));
	exchange->answered = queue(connection, &answer);
	return exchange->answered ? MHD_YES : MHD_NO;
}

static void complete(void *cls, struct MHD_Connection *connection, void **state,
		     enum MHD_RequestTerminationCode why)
{
	struct exchange *exchange = cls;

	(void)state;
	if (is_current(exchange, connection))
		exchange->completed = why == MHD_REQUEST_TERMINATED_COMPLETED_OK;
}

/* However it ended, the next request finds the library without a connection. */
static void close_way(struct exchange *exchange)
{
	if (exchange->end < 0)
		return;
	(void)close(exchange->end);
	exchange->end = -1;
	(void)MHD_run(exchange->daemon);
}

static enum err open_way(struct exchange *exchange)
{
	struct sockaddr nobody = { .sa_family = AF_UNIX };
	int ends[2];

	if (exchange->end >= 0)
		return ERR_OK;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
		return ERR_IO;
	exchange->end = ends[0];
	exchange->far_end = ends[1];
	/* It closes its end itself, also on failure. */
	if (MHD_add_connection(exchange->daemon, ends[1], &nobody, sizeof(nobody)) == MHD_YES)
		return ERR_OK;
	close_way(exchange);
	return ERR_IO;
}

enum err exchange_new(const struct routes *routes, struct exchange **exchange)
{
	struct exchange *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->routes = routes;
	new->end = -1;
	/* Without its log, which would tell of each request that a socket pair is not TCP. */
	new->daemon = MHD_start_daemon(MHD_USE_NO_LISTEN_SOCKET | MHD_USE_EPOLL | MHD_USE_TURBO, 0, NULL,
				       NULL, handle, new, MHD_OPTION_URI_LOG_CALLBACK, keep_target, new,
				       MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
				       MHD_OPTION_NOTIFY_COMPLETED, complete, new, MHD_OPTION_END);
	if (new->daemon == NULL || open_way(new) != ERR_OK) {
		log_error("http, exchange not started (%s)", strerror(errno));
		exchange_free(&new);
		return ERR_IO;
	}
	*exchange = new;
	return ERR_OK;
}

void exchange_free(struct exchange **exchange)
{
	if (*exchange == NULL)
		return;
	close_way(*exchange);
	if ((*exchange)->daemon != NULL)
		MHD_stop_daemon((*exchange)->daemon);
	free(*exchange);
	*exchange = NULL;
}

/* Take the whole answer, and put the field behind its status line that is for the client. */
static enum err receive(struct exchange *exchange, char answer[EXCHANGE_ANSWER_SIZE])
{
	const size_t room = EXCHANGE_ANSWER_SIZE - CLOSE_FIELD_LEN;
	char *bytes = answer + CLOSE_FIELD_LEN;
	ssize_t got = recv(exchange->end, bytes, room, MSG_DONTWAIT);
	const char *newline = got > 0 ? memchr(bytes, '\n', (size_t)got) : NULL;
	size_t line_len;

	if (newline == NULL)
		return ERR_IO;
	if ((size_t)got == room) {
		errno = EMSGSIZE;
		return ERR_IO;
	}
	line_len = (size_t)(newline + 1 - bytes);
	memmove(answer, bytes, line_len);
	memcpy(answer + line_len, close_field, CLOSE_FIELD_LEN);
	exchange->result.len = (size_t)got + CLOSE_FIELD_LEN;
	return ERR_OK;
}

static enum err talk(struct exchange *exchange, const char *head, size_t len,
		     char answer[EXCHANGE_ANSWER_SIZE])
{
	enum err err = open_way(exchange);

	exchange->handled = false;
	exchange->answered = false;
	exchange->completed = false;
	exchange->result = (struct exchange_result){ 0 };
	if (err != ERR_OK)
		return err;
	errno = EPROTO;
	if (send(exchange->end, head, len, MSG_NOSIGNAL) != (ssize_t)len)
		return ERR_IO;
	for (int i = 0; !exchange->completed && i < RUNS_MAX; i++) {
		if (MHD_run(exchange->daemon) != MHD_YES)
			return ERR_IO;
	}
	if (exchange->completed && exchange->answered)
		return receive(exchange, answer);
	return ERR_IO;
}

static enum err run(struct exchange *exchange, const char *head, size_t len,
		    char answer[EXCHANGE_ANSWER_SIZE], struct exchange_result *result)
{
	bool is_new = exchange->end < 0;
	enum err err = talk(exchange, head, len, answer);
	int why = errno;

	if (err == ERR_OK) {
		*result = exchange->result;
		return ERR_OK;
	}
	close_way(exchange);
	/* A way that the library had closed by itself is made anew, unless a handler would be asked twice. */
	if (!is_new && !exchange->handled)
		return run(exchange, head, len, answer, result);
	if (log_allowed(&exchange->limit, clock_ms()))
		log_warning("http, request not answered (%s)", strerror(why));
	return err;
}

enum err exchange_run(struct exchange *exchange, const char *bytes, size_t len, const struct head *head,
		      char answer[EXCHANGE_ANSWER_SIZE], struct exchange_result *result)
{
	static const char version[] = "HTTP/1.1";
	char reduced[HEAD_LIMIT + HOST_SIZE + sizeof("\r\nHost: \r\n\r\n")];
	const char *end = memchr(bytes, '\r', len);
	ptrdiff_t request_len = end != NULL ? end - bytes - (ptrdiff_t)strlen(version) : 0;
	int reduced_len;

	/*
	 * All that decides the answer is the request line and the host.  The library is not shown more: it
	 * would answer for itself when a thousand small fields exhaust its memory, or wait for a body.
	 */
	if (request_len <= 0 || request_len > HEAD_LIMIT)
		return ERR_IO;
	reduced_len = snprintf(reduced, sizeof(reduced), "%.*s%s\r\nHost: %s\r\n\r\n", (int)request_len,
			       bytes, version, head->host);
	exchange->announced = NULL;
	exchange->head = head;
	return run(exchange, reduced, (size_t)reduced_len, answer, result);
}

enum err exchange_refuse(struct exchange *exchange, unsigned status, char answer[EXCHANGE_ANSWER_SIZE],
			 struct exchange_result *result)
{
	static const char head[] = "GET / HTTP/1.1\r\nHost: refused.invalid\r\n\r\n";

	exchange->announced = NULL;
	exchange->head = NULL;
	exchange->refusal = status;
	return run(exchange, head, sizeof(head) - 1, answer, result);
}

enum err exchange_announce(struct exchange *exchange, const struct answer *answer,
			   char head[EXCHANGE_ANSWER_SIZE], size_t *len)
{
	/* To HEAD the library answers with the length of the body, and without the body. */
	static const char request[] = "HEAD / HTTP/1.1\r\nHost: announced.invalid\r\n\r\n";
	struct exchange_result result;
	enum err err;

	exchange->announced = answer;
	err = run(exchange, request, sizeof(request) - 1, head, &result);
	if (err != ERR_OK)
		return err;
	*len = result.len;
	if (answer->more == NULL)
		return ERR_OK;
	/* Behind the head of an answer in pieces the library may say the last chunk, even to HEAD. */
	close_way(exchange);
	return head_find(head, result.len, len);
}
