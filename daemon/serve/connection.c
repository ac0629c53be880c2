/* SPDX-License-Identifier: ISC */
#include "serve/connection.h"

#include "http/head.h"
#include "tls/session.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

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
static enum err look_for_record(int fd)
{
	unsigned char header[RECORD_HEADER];
	ssize_t got = recv(fd, header, sizeof(header), MSG_PEEK);
	int there = 0;
	int len;

	if (got < 0)
		return would_block() ? ERR_AGAIN : ERR_CLOSED;
	if (got == 0)
		return ERR_CLOSED;
	if (header[0] != RECORD_HANDSHAKE)
		return ERR_OK;
	if (got < RECORD_HEADER)
		return ERR_AGAIN;
	len = header[3] << 8 | header[4];
	if (len == 0 || len > RECORD_LIMIT)
		return ERR_OK;
	if (ioctl(fd, FIONREAD, &there) != 0)
		return ERR_CLOSED;
	return there >= RECORD_HEADER + len ? ERR_OK : ERR_AGAIN;
}

static enum phase await_hello(struct connection *connection)
{
	enum err err = look_for_record(connection->fd);

	if (err == ERR_AGAIN && !connection->ended)
		return PHASE_HELLO;
	if (err != ERR_OK)
		return PHASE_END;
	err = session_new(connection->tools->certs, connection->fd, &connection->session);
	return err == ERR_OK ? PHASE_HANDSHAKE : PHASE_END;
}

/* To close with bytes unread would reset the connection, and the client might never see our last words. */
static enum phase half_close(struct connection *connection)
{
	session_free(&connection->session);
	text_free(&connection->bytes);
	return shutdown(connection->fd, SHUT_WR) == 0 ? PHASE_LINGER : PHASE_END;
}

static enum phase shake_hands(struct connection *connection)
{
	enum err err = session_handshake(connection->session);

	if (err == ERR_AGAIN)
		return PHASE_HANDSHAKE;
	if (err == ERR_OK) {
		/*
		 * We have nothing to send now, and a client with Nagle's algorithm would wait for a late
		 * acknowledgement.
		 */
		(void)setsockopt(connection->fd, IPPROTO_TCP, TCP_QUICKACK, &(int){ 1 }, sizeof(int));
		return PHASE_REQUEST;
	}
	reports_connection(&connection->tools->reports, REPORT_HANDSHAKE, &connection->address,
			   "handshake failed", session_failure(connection->session));
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
	size_t len;
	enum err err;

	if (status == 0)
		err = exchange_run(exchange, bytes->bytes, head_len, &head, answer, &len);
	else
		err = exchange_refuse(exchange, status, answer, &len);
	text_free(bytes);
	if (err == ERR_OK)
		err = text_append(bytes, answer, len);
	return err == ERR_OK ? PHASE_ANSWER
			     : PHASE_GOODBYE; /* without descriptors there is no answer to be had */
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
		if (err == ERR_AGAIN)
			return PHASE_REQUEST;
		if (err != ERR_OK)
			return PHASE_GOODBYE;
		if (text_append(bytes, scratch, len) != ERR_OK)
			return PHASE_END;
		err = head_find(bytes->bytes, bytes->len, &head_len);
		if (err != ERR_AGAIN)
			return make_answer(connection, err == ERR_OK ? head_len : 0);
	}
}

static enum phase send_answer(struct connection *connection)
{
	enum err err = session_send(connection->session, connection->bytes.bytes, connection->bytes.len);

	if (err == ERR_AGAIN)
		return PHASE_ANSWER;
	return err == ERR_OK ? PHASE_GOODBYE : PHASE_END;
}

static enum phase say_goodbye(struct connection *connection)
{
	if (session_finish(connection->session) == ERR_AGAIN)
		return PHASE_GOODBYE;
	return half_close(connection);
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
	}
	return PHASE_END;
}

const struct connection_phase connection_phases[PHASE_END] = {
	[PHASE_HELLO] = { await_hello, EPOLLIN, DEADLINE_HANDSHAKE, "no handshake in time" },
	[PHASE_HANDSHAKE] = { shake_hands, EPOLLIN | EPOLLOUT, DEADLINE_HANDSHAKE, "no handshake in time" },
	[PHASE_REQUEST] = { read_request, EPOLLIN, DEADLINE_REQUEST, "no request in time" },
	[PHASE_ANSWER] = { send_answer, EPOLLOUT, DEADLINE_RESPONSE, "answer not taken in time" },
	[PHASE_GOODBYE] = { say_goodbye, EPOLLOUT, DEADLINE_RESPONSE, "answer not taken in time" },
	[PHASE_LINGER] = { linger, EPOLLIN, DEADLINE_LINGER, NULL },
};

void connection_close(struct connection *connection)
{
	session_free(&connection->session);
	text_free(&connection->bytes);
	(void)close(connection->fd);
	connection->fd = -1;
}
