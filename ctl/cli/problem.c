/* SPDX-License-Identifier: ISC */
#include "ctl/cli/problem.h"

#include "ctl/cli/escape.h"

#include <stdarg.h>
#include <stdlib.h>

void problem_print(FILE *err, const char *format, ...)
{
	char *message = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&message, format, args);
	va_end(args);
	if (len < 0) {
		(void)fputs("mta-stsctl: out of memory\n", err);
		return;
	}
	(void)fputs("mta-stsctl: ", err);
	escape_print(err, message, (size_t)len);
	(void)fputc('\n', err);
	free(message);
}
