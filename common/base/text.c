/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <idn2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of FNV-1a. */
#define SUM_PRIME UINT64_C(1099511628211)

/* Of "\\x1b". */
#define ESCAPED_WIDTH 4

static enum err reserve(struct text *text, size_t more)
{
	size_t capacity = text->capacity > 0 ? text->capacity : 64;
	char *bytes;

	if (more > SIZE_MAX / 4 - text->len)
		return ERR_NO_MEMORY;
	while (capacity < text->len + more + 1)
		capacity *= 2;
	if (capacity == text->capacity)
		return ERR_OK;
	bytes = realloc(text->bytes, capacity);
	if (bytes == NULL)
		return ERR_NO_MEMORY;
	text->bytes = bytes;
	text->capacity = capacity;
	return ERR_OK;
}

enum err text_append(struct text *text, const void *bytes, size_t len)
{
	enum err err = reserve(text, len);

	if (err != ERR_OK)
		return err;
	if (len > 0)
		memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	text->bytes[text->len] = '\0';
	return ERR_OK;
}

enum err text_appendf(struct text *text, const char *format, ...)
{
	va_list args;
	enum err err;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		return ERR_NO_MEMORY;
	err = reserve(text, (size_t)len);
	if (err != ERR_OK)
		return err;
	va_start(args, format);
	(void)vsnprintf(text->bytes + text->len, (size_t)len + 1, format, args);
	va_end(args);
	text->len += (size_t)len;
	return ERR_OK;
}

void text_free(struct text *text)
{
	free(text->bytes);
	*text = (struct text){ 0 };
}

bool text_is_plain(char c)
{
	return c >= ' ' && c < 0x7f;
}

/* The width of a byte and, when there is room for that and a NUL, the byte as it is shown. */
static size_t put_byte(char c, bool plain, char *out, size_t room)
{
	size_t width = plain ? 1 : ESCAPED_WIDTH;

	if (room <= width)
		return width;
	if (plain)
		*out = c;
	else
		(void)snprintf(out, width + 1, "\\x%02x", (unsigned)(unsigned char)c);
	return width;
}

const char *text_show(const char *string, char *out, size_t size)
{
	size_t used = 0;

	for (; *string != '\0'; string++) {
		size_t width = put_byte(*string, text_is_plain(*string), out + used, size - used);

		if (used + width >= size)
			break;
		used += width;
	}
	out[used] = '\0';
	return out;
}

enum err text_append_shown(struct text *text, const char *string)
{
	size_t width = 0;
	enum err err;

	for (const char *c = string; *c != '\0'; c++)
		width += text_is_plain(*c) ? 1 : ESCAPED_WIDTH;
	err = reserve(text, width);
	if (err != ERR_OK)
		return err;
	(void)text_show(string, text->bytes + text->len, width + 1);
	text->len += width;
	return ERR_OK;
}

const char *text_escape(const void *bytes, size_t len, char out[TEXT_SHOWN_SIZE])
{
	const char *in = bytes;
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		bool plain = text_is_plain(in[i]) && in[i] != '"' && in[i] != '\\';
		size_t width = plain ? 1 : ESCAPED_WIDTH;

		if (used + width + sizeof("...") > TEXT_SHOWN_SIZE) {
			memcpy(out + used, "...", 3);
			used += 3;
			break;
		}
		used += put_byte(in[i], plain, out + used, TEXT_SHOWN_SIZE - used);
	}
	out[used] = '\0';
	return out;
}

bool text_is_visible_ascii(const char *string)
{
	for (; *string != '\0'; string++) {
		if (*string <= ' ' || *string >= 0x7f)
			return false;
	}
	return true;
}

enum err text_to_ascii(const char *name, char *ascii, size_t size)
{
	char *converted = NULL;
	enum err err = ERR_OK;

	/* No IDN2_USE_STD3_ASCII_RULES: libidn2 would delete what the rules forbid and report success. */
	if (idn2_to_ascii_8z(name, &converted, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
		return ERR_SYNTAX;
	if (strlen(converted) >= size)
		err = ERR_RANGE;
	else
		memcpy(ascii, converted, strlen(converted) + 1);
	idn2_free(converted);
	return err;
}

uint64_t text_sum(uint64_t sum, const void *bytes, size_t len)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ byte[i]) * SUM_PRIME;
	return sum;
}
