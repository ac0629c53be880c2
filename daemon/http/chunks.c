/* SPDX-License-Identifier: ISC */
#include "http/chunks.h"

/* What the next byte is part of; 0 is where a body begins. */
enum state {
	SIZE_FIRST,
	SIZE,
	EXTENSION,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER_FIRST,
	TRAILER,
	TRAILER_LF,
	LAST_LF
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 9110, section 5.5: what an extension or a trailer may consist of. */
static bool is_value(char c)
{
	return c == '\t' || (unsigned char)c >= ' ' ? c != 0x7f : false;
}

static enum err expect(struct chunks *chunks, char c, char wanted, enum state next)
{
	chunks->state = next;
	return c == wanted ? ERR_AGAIN : ERR_SYNTAX;
}

static enum err take_digit(struct chunks *chunks, char c, size_t limit)
{
	int digit = hex_digit(c);

	if (digit < 0)
		return ERR_SYNTAX;
	chunks->state = SIZE;
	chunks->left = chunks->left * 16 + (uint64_t)digit;
	return chunks->left > limit ? ERR_RANGE : ERR_AGAIN;
}

static enum err take_size(struct chunks *chunks, char c, size_t limit)
{
	if (c == '\r')
		return expect(chunks, c, '\r', SIZE_LF);
	if (c == ';')
		return expect(chunks, c, ';', EXTENSION);
	return take_digit(chunks, c, limit);
}

static enum err end_size(struct chunks *chunks, char c)
{
	chunks->line_len = 0;
	return expect(chunks, c, '\n', chunks->left > 0 ? DATA : TRAILER_FIRST);
}

/* The rest of a line whose bytes do not matter. */
static enum err skip(struct chunks *chunks, char c, enum state same, enum state end)
{
	if (c == '\r')
		return expect(chunks, c, '\r', end);
	chunks->state = same;
	return is_value(c) ? ERR_AGAIN : ERR_SYNTAX;
}

static enum err take_byte(struct chunks *chunks, char c, size_t limit)
{
	if (chunks->state != DATA_CR && ++chunks->line_len > CHUNKS_LINE_LIMIT)
		return ERR_SYNTAX;
	switch ((enum state)chunks->state) {
	case SIZE_FIRST:
		chunks->left = 0;
		return take_digit(chunks, c, limit);
	case SIZE:
		return take_size(chunks, c, limit);
	case EXTENSION:
		return skip(chunks, c, EXTENSION, SIZE_LF);
	case SIZE_LF:
		return end_size(chunks, c);
	case DATA_CR:
		return expect(chunks, c, '\r', DATA_LF);
	case DATA_LF:
		chunks->line_len = 0;
		return expect(chunks, c, '\n', SIZE_FIRST);
	case TRAILER_FIRST:
		return skip(chunks, c, TRAILER, LAST_LF);
	case TRAILER:
		return skip(chunks, c, TRAILER, TRAILER_LF);
	case TRAILER_LF:
		return expect(chunks, c, '\n', TRAILER_FIRST);
	case LAST_LF:
		return c == '\n' ? ERR_OK : ERR_SYNTAX;
	case DATA:
		break;
	}
	return ERR_SYNTAX;
}

/* As much of a chunk as is there, at once. */
static enum err take_data(struct chunks *chunks, const char *bytes, size_t len, size_t limit,
			  struct text *body, size_t *taken)
{
	*taken = len < chunks->left ? len : (size_t)chunks->left;
	if (*taken > limit - body->len)
		return ERR_RANGE;
	if (text_append(body, bytes, *taken) != ERR_OK)
		return ERR_NO_MEMORY;
	chunks->left -= *taken;
	if (chunks->left == 0)
		chunks->state = DATA_CR;
	return ERR_AGAIN;
}

enum err chunks_take(struct chunks *chunks, const char *bytes, size_t len, size_t limit, struct text *body)
{
	enum err err = ERR_AGAIN;
	size_t taken;

	for (size_t i = 0; err == ERR_AGAIN && i < len; i += taken) {
		taken = 1;
		err = chunks->state == DATA ? take_data(chunks, bytes + i, len - i, limit, body, &taken)
					    : take_byte(chunks, bytes[i], limit);
	}
	return err;
}
