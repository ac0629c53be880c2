/* SPDX-License-Identifier: ISC */
#include "ctl/show/print_metrics.h"

/* Who reads it is a program, so nothing may be escaped; and what a terminal obeys is refused. */
static bool is_plain(const char *lines, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (lines[i] != '\n' && (lines[i] < ' ' || lines[i] > '~'))
			return false;
	}
	return len > 0 && lines[len - 1] == '\n';
}

enum err print_metrics(const struct print_view *view, json_t *reply)
{
	const char *lines = json_string_value(reply);

	if (lines == NULL || !is_plain(lines, json_string_length(reply)))
		return ERR_SYNTAX;
	(void)fputs(lines, view->out);
	return ERR_OK;
}
