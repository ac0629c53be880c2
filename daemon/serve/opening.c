/* SPDX-License-Identifier: ISC */
#include "serve/opening.h"

#include <errno.h>
#include <sys/socket.h>

#define RECORD_HEADER 5     /* type, version, length (RFC 8446, section 5.1) */
#define RECORD_LIMIT  16384 /* longest fragment of a record that is not encrypted */

static enum err read_bytes(const struct opening *opening, size_t limit)
{
	size_t rest = limit - opening->bytes->len;
	ssize_t got = recv(opening->fd, opening->scratch, rest < opening->size ? rest : opening->size, 0);

	if (got < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? ERR_AGAIN : ERR_CLOSED;
	counters_add(opening->counters, COUNTER_RECEIVED, (size_t)got);
	return got > 0 ? text_append(opening->bytes, opening->scratch, (size_t)got) : ERR_CLOSED;
}

/* No memory is kept where nothing is left: many clients may say nothing behind it. */
static enum err drop(struct text *bytes, size_t len)
{
	struct text rest = { 0 };
	enum err err = ERR_OK;

	if (bytes->len > len)
		err = text_append(&rest, bytes->bytes + len, bytes->len - len);
	text_free(bytes);
	*bytes = rest;
	return err;
}

enum err opening_read_header(const struct opening *opening, struct proxy_header *header)
{
	struct text *bytes = opening->bytes;
	enum err err;

	while ((err = proxy_parse(bytes->bytes, bytes->len, header)) == ERR_AGAIN) {
		err = read_bytes(opening, PROXY_LIMIT);
		if (err != ERR_OK)
			return err;
	}
	return err == ERR_OK ? drop(bytes, header->len) : err;
}

/* Tell whether GnuTLS would find a whole record, or something it can refuse at once. */
static bool is_record(const struct text *bytes)
{
	const unsigned char *header = (const unsigned char *)bytes->bytes;
	size_t len;

	if (bytes->len == 0)
		return false;
	if (header[0] != OPENING_HANDSHAKE)
		return true;
	if (bytes->len < RECORD_HEADER)
		return false;
	len = (size_t)header[3] << 8 | header[4];
	return len == 0 || len > RECORD_LIMIT || bytes->len >= RECORD_HEADER + len;
}

enum err opening_read_record(const struct opening *opening)
{
	enum err err = ERR_OK;

	while (err == ERR_OK && !is_record(opening->bytes))
		err = read_bytes(opening, RECORD_HEADER + RECORD_LIMIT);
	return err;
}
