/* SPDX-License-Identifier: ISC */
#include "ctl/cli/escape.h"

#include "base/text.h"

#define ESCAPED_WIDTH 4

size_t escape_width(const char *string)
{
	size_t width = 0;

	for (; *string != '\0'; string++)
		width += text_is_plain(*string) ? 1 : ESCAPED_WIDTH;
	return width;
}

void escape_print(FILE *out, const char *string, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text_is_plain(string[i]))
			(void)fputc(string[i], out);
		else
			(void)fprintf(out, "\\x%02x", (unsigned)(unsigned char)string[i]);
	}
}
