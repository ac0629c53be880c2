/* SPDX-License-Identifier: ISC */
#include "serve/connection.h"

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

#define RECORD_HEADER    5     /* type, version, length (RFC 8446, section 5.1) */
#define RECORD_HANDSHAKE 22    /* the type of a record with a ClientHello */
#define RECORD_LIMIT     16384 /* longest fragment of a record that is not encrypted */
#define LINGER_STEP      (1 << 14)
#define LINGER_LIMIT     (1 << 24) /* bytes thrown away while the client takes our last words */

static bool would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK;
}

/*
 * Tell whether GnuTLS would find a whole record, or something it can refuse at once.  What cannot be a
 * ClientHello is left to it, because it knows the right alert.
 */
static bool is_record(const struct text *bytes)
{
	const unsigned char *header = (const unsigned char *)bytes->bytes;
	size_t len;

	if (bytes->len == 0)
		return false;
	if (header[0] != RECORD_HANDSHAKE)
		return true;
	if (bytes->len < RECORD_HEADER)
		return false;
	len = (size_t)header[3] << 8 | header[4];
	return len == 0 || len > RECORD_LIMIT || bytes->len >= RECORD_HEADER + len;
}

static enum err read_bytes(struct connection *connection)
{
	char *scratch = connection->tools->scratch;
	size_t rest = RECORD_HEADER + RECORD_LIMIT - connection->bytes.len;
	size_t room = sizeof(connection->tools->scratch);
	ssize_t got = recv(connection->fd, scratch, rest < room ? rest : room, 0);

	if (got < 0)
		return would_block() ? ERR_AGAIN : ERR_CLOSED;
	counters_add(connection->tools->counters, COUNTER_RECEIVED, (size_t)got);
	return got > 0 ? text_append(&connection->bytes, scratch, (size_t)got) : ERR_CLOSED;
}

static enum phase await_hello(struct connection *connection)
{
	struct text *bytes = &connection->bytes;
	enum err err = ERR_OK;

	while (err == ERR_OK && !is_record(bytes))
		err = read_bytes(connection);
	if (err == ERR_AGAIN)
		return PHASE_HELLO;
	if (err == ERR_OK)
		return PHASE_HANDSHAKE;
	counters_add(connection->tools->counters,
		     err == ERR_CLOSED ? COUNTER_GONE_HELLO : COUNTER_REFUSED_SYSTEM, 1);
	return PHASE_END;
}

/* Give the first record to a session. */
static enum err begin_session(struct connection *connection)
{
	struct text *bytes = &connection->bytes;
	enum err err = session_new(connection->tools->certs, connection->fd, bytes->bytes, bytes->len,
				   &connection->session);

	text_free(bytes);
	return err;
}

static void end_session(struct connection *connection)
{
	struct counters *counters = connection->tools->counters;
	uint64_t received;
	uint64_t sent;

	if (connection->session == NULL)
		return;
	session_traffic(connection->session, &received, &sent);
	counters_add(counters, COUNTER_RECEIVED, received);
	counters_add(counters, COUNTER_SENT, sent);
	session_free(&connection->session);
}

static void note_access(const struct connection *connection)
{
	const struct remarks_access access = {
		.address = &connection->address,
		.host = session_host(connection->session),
		.tls = session_is_tls_1_3(connection->session) ? "1.3" : "1.2",
		.status = connection->status,
		.note = connection->note,
	};

	if (connection->status != 0 && connection->tools->limits->log_answers)
		remarks_answer(&access, connection->tools->limits->log_whole_addresses);
}

/* To close with bytes unread would reset the connection, and the client might never see our last words. */
static enum phase half_close(struct connection *connection)
{
	int failed = shutdown(connection->fd, SHUT_WR);

	/* Not before the client has it all: a log may make us wait. */
	note_access(connection);
	end_session(connection);
	text_free(&connection->bytes);
	return failed == 0 ? PHASE_LINGER : PHASE_END;
}

/* We have nothing to send now, and a client with Nagle's algorithm would wait for a late acknowledgement. */
static void acknowledge(const struct connection *connection)
{
	(void)setsockopt(connection->fd, IPPROTO_TCP, TCP_QUICKACK, &(int){ 1 }, sizeof(int));
}

static enum phase shake_hands(struct connection *connection)
{
	struct counters *counters = connection->tools->counters;
	enum err err;

	if (connection->session == NULL && begin_session(connection) != ERR_OK) {
		counters_add(counters, COUNTER_REFUSED_SYSTEM, 1);
		return PHASE_END;
	}
	err = session_handshake(connection->session);
	if (err == ERR_AGAIN) {
		/* After our flight the client speaks, perhaps in pieces. */
		if (connection->flight_sent)
			acknowledge(connection);
		connection->flight_sent = true;
		return PHASE_HANDSHAKE;
	}
	if (err == ERR_OK) {
		counters_add(counters,
			     session_is_tls_1_3(connection->session) ? COUNTER_TLS_1_3 : COUNTER_TLS_1_2, 1);
		return PHASE_REQUEST;
	}
	counters_add(counters, counters_failure(session_failure_kind(connection->session)), 1);
	remarks_connection(connection->tools->remarks, REMARK_HANDSHAKE, &connection->address,
			   "handshake failed", session_failure(connection->session));
	return half_close(connection);
}

static enum phase say_last(struct connection *connection, const char *answer, size_t len)
{
	return session_finish(connection->session, answer, len) == ERR_OK ? PHASE_ANSWER
									  : half_close(connection);
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
	return strcmp(head->host, session_host(connection->session)) == 0 ? 0 : 421;
}

/* Put the answer into the place of the request. */
static enum phase make_answer(struct connection *connection, size_t head_len)
{
	struct exchange *exchange = connection->tools->exchange;
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
	text_free(bytes);
	if (err != ERR_OK) { /* without memory, say, there is no answer to be had */
		counters_add(connection->tools->counters, COUNTER_UNANSWERED, 1);
		return say_last(connection, NULL, 0);
	}
	counters_add(connection->tools->counters, counters_status(result.status), 1);
	connection->status = result.status;
	memcpy(connection->note, result.note, sizeof(connection->note));
	return say_last(connection, answer, result.len);
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
	for (;;) {
		err = session_receive(connection->session, scratch, HEAD_LIMIT - bytes->len, &len);
		if (err == ERR_AGAIN) {
			acknowledge(connection);
			return PHASE_REQUEST;
		}
		if (err != ERR_OK) {
			counters_add(connection->tools->counters, COUNTER_GONE_REQUEST, 1);
			return say_last(connection, NULL, 0);
		}
		if (text_append(bytes, scratch, len) != ERR_OK)
			return PHASE_END;
		err = head_find(bytes->bytes, bytes->len, &head_len);
		if (err != ERR_AGAIN)
			return make_answer(connection, err == ERR_OK ? head_len : 0);
	}
}

static enum phase send_answer(struct connection *connection)
{
	enum err err = session_flush(connection->session);

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
	[PHASE_HELLO] = { await_hello, DEADLINE_HANDSHAKE, false, "no handshake in time" },
	[PHASE_HANDSHAKE] = { shake_hands, DEADLINE_HANDSHAKE, true, "no handshake in time" },
	[PHASE_REQUEST] = { read_request, DEADLINE_REQUEST, false, "no request in time" },
	[PHASE_ANSWER] = { send_answer, DEADLINE_RESPONSE, false, "answer not taken in time" },
	[PHASE_LINGER] = { linger, DEADLINE_LINGER, false, NULL },
};

uint64_t connection_memory(const struct connection *connection)
{
	uint64_t memory = CONNECTION_MEMORY + connection->bytes.capacity;

	if (connection->session != NULL)
		memory += LIBRARY_MEMORY + session_memory(connection->session);
	return memory;
}

bool connection_wants_write(const struct connection *connection)
{
	return connection->session != NULL && session_wants_write(connection->session);
}

void connection_close(struct connection *connection)
{
	end_session(connection);
	text_free(&connection->bytes);
	(void)close(connection->fd);
	connection->fd = -1;
}
