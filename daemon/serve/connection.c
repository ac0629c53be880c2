/* SPDX-License-Identifier: ISC */
#include "serve/connection.h"

#include "serve/opening.h"
#include "tls/session.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Measured with clients that send all they can, and rounded up. */
#define CONNECTION_MEMORY 1024
#define LIBRARY_MEMORY    110592 /* what GnuTLS holds of a session */

#define LINGER_STEP  (1 << 14)
#define LINGER_LIMIT (1 << 24) /* bytes thrown away while the client takes our last words */

static bool would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK;
}

static struct opening opening_of(struct connection *connection)
{
	struct connection_tools *tools = connection->tools;

	return (struct opening){ connection->fd, &connection->bytes, tools->counters, tools->scratch,
				 sizeof(tools->scratch) };
}

/* Before there is anything to answer. */
static enum phase end_early(struct connection *connection, enum err err, enum counter gone)
{
	counters_add(connection->tools->counters, err == ERR_CLOSED ? gone : COUNTER_REFUSED_SYSTEM, 1);
	return PHASE_END;
}

static enum phase refuse_header(struct connection *connection)
{
	counters_add(connection->tools->counters, COUNTER_PROXY_MALFORMED, 1);
	remarks_connection(connection->tools->remarks, REMARK_PROXY, &connection->address, "closed",
			   "a proxy, and no PROXY header, or a malformed one");
	return PHASE_END;
}

static enum phase await_header(struct connection *connection)
{
	struct opening opening = opening_of(connection);
	struct proxy_header header = { 0 };
	enum err err = opening_read_header(&opening, &header);

	if (err == ERR_AGAIN)
		return PHASE_PROXY;
	if (err == ERR_SYNTAX)
		return refuse_header(connection);
	if (err != ERR_OK)
		return end_early(connection, err, COUNTER_GONE_PROXY);
	counters_add(connection->tools->counters,
		     header.names_client ? COUNTER_PROXY_CLIENT : COUNTER_PROXY_NONE, 1);
	connection->by_proxy = true;
	connection->is_named = header.names_client;
	if (header.names_client)
		connection->address = header.client;
	return connection->stream.is_plain ? PHASE_PLAIN : PHASE_HELLO;
}

/* What is refused as any other nonsense has a remedy when it is a server in front that was forgotten. */
static void tell_of_stray_header(const struct connection *connection)
{
	const struct text *bytes = &connection->bytes;
	struct proxy_header header;

	if (!connection->by_proxy && bytes->len >= PROXY_LEAST &&
	    proxy_parse(bytes->bytes, bytes->len, &header) != ERR_SYNTAX)
		remarks_connection(connection->tools->remarks, REMARK_PROXY, &connection->address,
				   "not understood",
				   "a PROXY header, and its sender is not in the setting proxies");
}

static enum phase await_hello(struct connection *connection)
{
	struct opening opening = opening_of(connection);
	enum err err = opening_read_record(&opening);

	if (err == ERR_AGAIN)
		return PHASE_HELLO;
	if (err != ERR_OK)
		return end_early(connection, err, COUNTER_GONE_HELLO);
	tell_of_stray_header(connection);
	return PHASE_HANDSHAKE;
}

/* Give the first record to a session. */
static enum err begin_session(struct connection *connection)
{
	struct text *bytes = &connection->bytes;
	enum err err = session_new(connection->tools->certs, connection->tools->challenges, connection->fd,
				   bytes->bytes, bytes->len, &connection->stream.session);

	text_free(bytes);
	return err;
}

static void end_stream(struct connection *connection)
{
	struct counters *counters = connection->tools->counters;
	uint64_t received;
	uint64_t sent;

	stream_end(&connection->stream, &received, &sent);
	counters_add(counters, COUNTER_RECEIVED, received);
	counters_add(counters, COUNTER_SENT, sent);
}

static void note_access(const struct connection *connection)
{
	const struct remarks_access access = {
		.address = &connection->address,
		.host = stream_host(&connection->stream),
		.tls = stream_version(&connection->stream),
		.status = connection->status,
		.note = connection->note,
	};

	if (!connection->tools->limits->log_answers)
		return;
	if (connection->is_challenge)
		remarks_challenge(&access, connection->tools->limits->log_whole_addresses);
	else if (connection->status != 0 && connection->kind != ENTRANCE_CHALLENGE)
		remarks_answer(&access, connection->tools->limits->log_whole_addresses);
}

/* To close with bytes unread would reset the connection, and the client might never see our last words. */
static enum phase half_close(struct connection *connection)
{
	int failed = shutdown(connection->fd, SHUT_WR);

	/* Not before the client has it all: a log may make us wait. */
	note_access(connection);
	end_stream(connection);
	text_free(&connection->bytes);
	return failed == 0 ? PHASE_LINGER : PHASE_END;
}

/* We have nothing to send now, and a client with Nagle's algorithm would wait for a late acknowledgement. */
static void acknowledge(const struct connection *connection)
{
	(void)setsockopt(connection->fd, IPPROTO_TCP, TCP_QUICKACK, &(int){ 1 }, sizeof(int));
}

static enum phase say_last(struct connection *connection, const char *answer, size_t len)
{
	return stream_finish(&connection->stream, answer, len) == ERR_OK ? PHASE_ANSWER
									 : half_close(connection);
}

/* An authority has all that it came for. */
static enum phase go_on_after_handshake(struct connection *connection)
{
	struct counters *counters = connection->tools->counters;
	struct session *session = connection->stream.session;

	counters_add(counters, session_is_tls_1_3(session) ? COUNTER_TLS_1_3 : COUNTER_TLS_1_2, 1);
	connection->is_challenge = session_is_challenge(session);
	if (!connection->is_challenge)
		return PHASE_REQUEST;
	counters_add(counters, COUNTER_CHALLENGE, 1);
	return say_last(connection, NULL, 0);
}

static enum phase shake_hands(struct connection *connection)
{
	struct counters *counters = connection->tools->counters;
	struct session *session;
	enum err err;

	if (connection->stream.session == NULL && begin_session(connection) != ERR_OK) {
		counters_add(counters, COUNTER_REFUSED_SYSTEM, 1);
		return PHASE_END;
	}
	session = connection->stream.session;
	err = session_handshake(session);
	if (err == ERR_AGAIN) {
		/* After our flight the client speaks, perhaps in pieces. */
		if (connection->flight_sent)
			acknowledge(connection);
		connection->flight_sent = true;
		return PHASE_HANDSHAKE;
	}
	if (err == ERR_OK)
		return go_on_after_handshake(connection);
	counters_add(counters, counters_failure(session_failure_kind(session)), 1);
	remarks_connection(connection->tools->remarks, REMARK_HANDSHAKE, &connection->address,
			   "handshake failed", session_failure(session));
	return half_close(connection);
}

/*
 * The status to refuse a request with, or 0.  A length of 0 stands for a head that does not end within its
 * limit.
 */
static unsigned check_request(struct connection *connection, size_t head_len, struct head *head)
{
	unsigned status = head_len == 0 ? 431 : head_check(connection->bytes.bytes, head_len, head);

	if (status != 0)
		return status;
	return stream_is_for(&connection->stream, head->host) ? 0 : 421;
}

static struct exchange *exchange_of(const struct connection *connection)
{
	return connection->kind == ENTRANCE_CHALLENGE ? connection->tools->challenge_exchange
						      : connection->tools->exchange;
}

/* What strangers try at an entrance for authorities tells nothing of how policies are served. */
static void count_answer(struct connection *connection, unsigned status)
{
	enum counter counter = counters_status(status);

	if (connection->kind == ENTRANCE_CHALLENGE) {
		connection->is_challenge = status == 200;
		counter = status == 200 ? COUNTER_CHALLENGE_ANSWERED : COUNTER_CHALLENGE_REFUSED;
	}
	counters_add(connection->tools->counters, counter, 1);
}

/* Put the answer into the place of the request. */
static enum phase make_answer(struct connection *connection, size_t head_len)
{
	struct exchange *exchange = exchange_of(connection);
	struct text *bytes = &connection->bytes;
	char *answer = connection->tools->scratch;
	struct head head;
	unsigned status = check_request(connection, head_len, &head);
	struct exchange_result result;
	enum err err;

	if (status == 0)
		err = exchange_run(exchange, bytes->bytes, head_len, &head, answer, &result);
	else
		err = exchange_refuse(exchange, status, answer, &result);
	if (status == 400 && connection->stream.is_plain)
		tell_of_stray_header(connection);
	text_free(bytes);
	if (err != ERR_OK) { /* without memory, say, there is no answer to be had */
		counters_add(connection->tools->counters, COUNTER_UNANSWERED, 1);
		return say_last(connection, NULL, 0);
	}
	count_answer(connection, result.status);
	connection->status = result.status;
	memcpy(connection->note, result.note, sizeof(connection->note));
	return say_last(connection, answer, result.len);
}

/*
 * Find the head of the request in what is there; ERR_AGAIN when more has to come.  TLS where there is none
 * need not be waited for.
 */
static enum err find_head(const struct connection *connection, size_t *len)
{
	const struct text *bytes = &connection->bytes;

	if (bytes->len == 0)
		return ERR_AGAIN;
	*len = bytes->len;
	if (connection->stream.is_plain && bytes->bytes[0] == OPENING_HANDSHAKE)
		return ERR_OK;
	return head_find(bytes->bytes, bytes->len, len);
}

static enum phase read_request(struct connection *connection)
{
	struct text *bytes = &connection->bytes;
	char *scratch = connection->tools->scratch;
	size_t len = 0;
	size_t head_len = 0;
	enum err err;

	/*
	 * No memory of its own before there is something to keep: many clients may sit here and say nothing.
	 */
	while ((err = find_head(connection, &head_len)) == ERR_AGAIN) {
		err = stream_receive(&connection->stream, scratch, HEAD_LIMIT - bytes->len, &len);
		if (err == ERR_AGAIN) {
			acknowledge(connection);
			return connection->phase;
		}
		if (err != ERR_OK) {
			counters_add(connection->tools->counters, COUNTER_GONE_REQUEST, 1);
			return say_last(connection, NULL, 0);
		}
		if (text_append(bytes, scratch, len) != ERR_OK)
			return PHASE_END;
	}
	return make_answer(connection, err == ERR_OK ? head_len : 0);
}

static enum phase send_answer(struct connection *connection)
{
	enum err err = stream_flush(&connection->stream);

	if (err == ERR_AGAIN)
		return PHASE_ANSWER;
	if (err == ERR_OK)
		return half_close(connection);
	counters_add(connection->tools->counters, COUNTER_GONE_ANSWER, 1);
	return PHASE_END;
}

static enum phase linger(struct connection *connection)
{
	char waste[LINGER_STEP];
	ssize_t got;

	while (connection->discarded < LINGER_LIMIT) {
		/* Of TCP this throws away without copying (tcp(7)). */
		got = recv(connection->fd, waste, sizeof(waste), MSG_TRUNC);
		if (got < 0 && would_block())
			return PHASE_LINGER;
		if (got <= 0)
			return PHASE_END;
		connection->discarded += (size_t)got;
		counters_add(connection->tools->counters, COUNTER_RECEIVED, (size_t)got);
	}
	return PHASE_END;
}

const struct connection_phase connection_phases[PHASE_END] = {
	[PHASE_PROXY] = { await_header, DEADLINE_HANDSHAKE, .tells_client = true,
			  .late_counter = COUNTER_LATE_PROXY, .late = "no PROXY header in time" },
	[PHASE_HELLO] = { await_hello, DEADLINE_HANDSHAKE, .late_counter = COUNTER_LATE_HELLO,
			  .late = "no handshake in time" },
	[PHASE_HANDSHAKE] = { shake_hands, DEADLINE_HANDSHAKE, .is_costly = true,
			      .late_counter = COUNTER_LATE_HANDSHAKE, .late = "no handshake in time" },
	/* There is no handshake to be had first: who has not asked yet is a stranger. */
	[PHASE_PLAIN] = { read_request, DEADLINE_HANDSHAKE, .late_counter = COUNTER_LATE_REQUEST,
			  .late = "no request in time" },
	[PHASE_REQUEST] = { read_request, DEADLINE_REQUEST, .late_counter = COUNTER_LATE_REQUEST,
			    .late = "no request in time" },
	[PHASE_ANSWER] = { send_answer, DEADLINE_RESPONSE, .late_counter = COUNTER_LATE_ANSWER,
			   .late = "answer not taken in time" },
	[PHASE_LINGER] = { linger, DEADLINE_LINGER, .late_counter = COUNTER_LATE_LINGER },
};

void connection_begin(struct connection *connection, struct connection_tools *tools,
		      const struct in6_addr *address, int fd, bool by_proxy, enum entrance_kind kind)
{
	bool is_plain = kind != ENTRANCE_HTTPS;

	*connection = (struct connection){
		.tools = tools,
		.address = *address,
		.fd = fd,
		.kind = kind,
		.phase = by_proxy   ? PHASE_PROXY
			 : is_plain ? PHASE_PLAIN
				    : PHASE_HELLO,
		.stream = { .fd = fd, .is_plain = is_plain },
	};
}

uint64_t connection_memory(const struct connection *connection)
{
	uint64_t memory = CONNECTION_MEMORY + connection->bytes.capacity + stream_memory(&connection->stream);

	return connection->stream.session != NULL ? memory + LIBRARY_MEMORY : memory;
}

bool connection_wants_write(const struct connection *connection)
{
	return stream_wants_write(&connection->stream);
}

void connection_close(struct connection *connection)
{
	end_stream(connection);
	text_free(&connection->bytes);
	(void)close(connection->fd);
	connection->fd = -1;
}
