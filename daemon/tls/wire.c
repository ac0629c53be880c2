/* SPDX-License-Identifier: ISC */
#include "tls/wire_private.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* A client's second flight with its request takes some 300 bytes. */
#define READ_SIZE 2048

#define RECORD_HEADER 5
#define RECORD_ALERT  21

/* A large first record has been taken: what comes now is small. */
static void shrink(struct wire *wire)
{
	char *smaller = wire->in_size > READ_SIZE ? realloc(wire->in, READ_SIZE) : NULL;

	if (smaller == NULL)
		return;
	wire->in = smaller;
	wire->in_size = READ_SIZE;
}

static bool refill(struct wire *wire)
{
	ssize_t got;

	shrink(wire);
	got = recv(wire->fd, wire->in, wire->in_size, 0);

	if (got < 0) {
		wire->drained = errno == EAGAIN || errno == EWOULDBLOCK;
		return false;
	}
	wire->in_at = 0;
	wire->in_len = (size_t)got;
	wire->received += (size_t)got;
	return true;
}

/* Bytes of the record whose header is there (RFC 8446, section 5.1). */
static size_t record_size(const struct wire *wire)
{
	return RECORD_HEADER + ((size_t)wire->record[3] << 8 | wire->record[4]);
}

/* Keep the beginning of the record that the library reads. */
static void follow(struct wire *wire, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (wire->record_len >= RECORD_HEADER && wire->record_len == record_size(wire))
			wire->record_len = 0;
		if (wire->record_len < sizeof(wire->record))
			wire->record[wire->record_len] = (unsigned char)bytes[i];
		wire->record_len++;
	}
}

static ssize_t pull(gnutls_transport_ptr_t pointer, void *bytes, size_t size)
{
	struct wire *wire = pointer;
	size_t len;

	if (wire->in_at == wire->in_len && !refill(wire))
		return -1;
	len = wire->in_len - wire->in_at;
	len = len < size ? len : size;
	memcpy(bytes, wire->in + wire->in_at, len);
	follow(wire, bytes, len);
	wire->in_at += len;
	wire->taken += len;
	return (ssize_t)len;
}

/* The library wants one that goes with pull(), though a session that never blocks has no use for it. */
static int pull_timeout(gnutls_transport_ptr_t pointer, unsigned timeout_ms)
{
	struct wire *wire = pointer;
	struct pollfd ready = { .fd = wire->fd, .events = POLLIN };

	(void)timeout_ms;
	return wire->in_at < wire->in_len ? 1 : poll(&ready, 1, 0);
}

static ssize_t push(gnutls_transport_ptr_t pointer, const giovec_t *parts, int count)
{
	struct wire *wire = pointer;
	const size_t before = wire->out.len;
	ssize_t taken = 0;

	for (int i = 0; i < count; i++) {
		if (text_append(&wire->out, parts[i].iov_base, parts[i].iov_len) != ERR_OK) {
			wire->out.len = before; /* no half of a record */
			errno = ENOMEM;
			return -1;
		}
		taken += (ssize_t)parts[i].iov_len;
	}
	return taken;
}

enum err wire_open(struct wire *wire, gnutls_session_t tls, int fd, const void *bytes, size_t len)
{
	size_t size = len > READ_SIZE ? len : READ_SIZE;

	*wire = (struct wire){ .fd = fd, .in = malloc(size), .in_size = size, .in_len = len };
	if (wire->in == NULL)
		return ERR_NO_MEMORY;
	if (len > 0)
		memcpy(wire->in, bytes, len);
	gnutls_transport_set_ptr(tls, wire);
	gnutls_transport_set_pull_function(tls, pull);
	gnutls_transport_set_pull_timeout_function(tls, pull_timeout);
	gnutls_transport_set_vec_push_function(tls, push);
	return ERR_OK;
}

void wire_close(struct wire *wire)
{
	free(wire->in);
	text_free(&wire->out);
	*wire = (struct wire){ .fd = -1 };
}

bool wire_alert(struct wire *wire, gnutls_alert_level_t *level, gnutls_alert_description_t *alert)
{
	const size_t left = wire->in_len - wire->in_at;

	if (wire->record_len == RECORD_HEADER && left >= WIRE_ALERT_SIZE - RECORD_HEADER)
		follow(wire, wire->in + wire->in_at, WIRE_ALERT_SIZE - RECORD_HEADER);
	*level = wire->record[RECORD_HEADER];
	*alert = wire->record[RECORD_HEADER + 1];
	return wire->record[0] == RECORD_ALERT && wire->record_len == WIRE_ALERT_SIZE &&
	       record_size(wire) == WIRE_ALERT_SIZE &&
	       (*level == GNUTLS_AL_WARNING || *level == GNUTLS_AL_FATAL);
}

size_t wire_memory(const struct wire *wire)
{
	return wire->in_size + wire->out.capacity;
}

bool wire_is_pending(const struct wire *wire)
{
	return wire->out_at < wire->out.len;
}

enum err wire_flush(struct wire *wire, bool last)
{
	while (wire_is_pending(wire)) {
		ssize_t put = send(wire->fd, wire->out.bytes + wire->out_at, wire->out.len - wire->out_at,
				   MSG_NOSIGNAL | (last ? MSG_MORE : 0));

		if (put >= 0) {
			wire->out_at += (size_t)put;
			wire->sent += (size_t)put;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return ERR_AGAIN;
		} else if (errno != EINTR) {
			return ERR_CLOSED;
		}
	}
	/* Many clients may wait long for what comes next. */
	text_free(&wire->out);
	wire->out_at = 0;
	return ERR_OK;
}
