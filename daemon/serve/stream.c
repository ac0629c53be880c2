/* SPDX-License-Identifier: ISC */
#include "serve/stream.h"

#include "tls/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static bool would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK;
}

enum err stream_receive(struct stream *stream, void *bytes, size_t size, size_t *len)
{
	ssize_t got;

	if (stream->session != NULL)
		return session_receive(stream->session, bytes, size, len);
	got = recv(stream->fd, bytes, size, 0);
	if (got < 0 && would_block())
		return ERR_AGAIN;
	if (got <= 0)
		return ERR_CLOSED;
	stream->received += (size_t)got;
	*len = (size_t)got;
	return ERR_OK;
}

bool stream_is_for(struct stream *stream, const char *host)
{
	if (stream->session != NULL)
		return strcmp(host, session_host(stream->session)) == 0;
	free(stream->host);
	stream->host = strdup(host);
	return true;
}

const char *stream_host(const struct stream *stream)
{
	if (stream->session != NULL)
		return session_host(stream->session);
	return stream->host != NULL ? stream->host : "";
}

const char *stream_version(const struct stream *stream)
{
	if (stream->session == NULL)
		return "-";
	return session_is_tls_1_3(stream->session) ? "1.3" : "1.2";
}

enum err stream_finish(struct stream *stream, const void *bytes, size_t len)
{
	if (stream->session != NULL)
		return session_finish(stream->session, bytes, len);
	return len == 0 || text_append(&stream->out, bytes, len) == ERR_OK ? ERR_OK : ERR_CLOSED;
}

enum err stream_flush(struct stream *stream)
{
	if (stream->session != NULL)
		return session_flush(stream->session);
	while (stream->out_at < stream->out.len) {
		ssize_t put = send(stream->fd, stream->out.bytes + stream->out_at,
				   stream->out.len - stream->out_at, MSG_NOSIGNAL);

		if (put < 0 && would_block())
			return ERR_AGAIN;
		if (put < 0 && errno != EINTR)
			return ERR_CLOSED;
		stream->out_at += put > 0 ? (size_t)put : 0;
		stream->sent += put > 0 ? (size_t)put : 0;
	}
	return ERR_OK;
}

bool stream_wants_write(const struct stream *stream)
{
	return stream->session != NULL ? session_wants_write(stream->session)
				       : stream->out_at < stream->out.len;
}

size_t stream_memory(const struct stream *stream)
{
	if (stream->session != NULL)
		return session_memory(stream->session);
	return stream->out.capacity + (stream->host != NULL ? strlen(stream->host) + 1 : 0);
}

void stream_end(struct stream *stream, uint64_t *received, uint64_t *sent)
{
	*received = stream->received;
	*sent = stream->sent;
	if (stream->session != NULL)
		session_traffic(stream->session, received, sent);
	session_free(&stream->session);
	free(stream->host);
	text_free(&stream->out);
	*stream = (struct stream){ .fd = stream->fd, .is_plain = stream->is_plain };
}
