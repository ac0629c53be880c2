/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

const char *text_escape(const void *bytes, size_t len, char out[TEXT_SHOWN_SIZE])
{
	const unsigned char *in = bytes;
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		size_t width = is_plain(in[i]) ? 1 : 4;

		if (used + width + sizeof("...") > TEXT_SHOWN_SIZE) {
			memcpy(out + used, "...", 3);
			used += 3;
			break;
		}
		if (width == 1)
			out[used] = (char)in[i];
		else
			(void)snprintf(out + used, width + 1, "\\x%02x", (unsigned)in[i]);
		used += width;
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
