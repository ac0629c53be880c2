/* SPDX-License-Identifier: ISC */
#include "ctl/check/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *finding_severity_text(enum finding_severity severity)
{
	static const char *const words[FINDING_SEVERITIES] = {
		[FINDING_OK] = "ok",
		[FINDING_NOTE] = "note",
		[FINDING_WARNING] = "warning",
		[FINDING_ERROR] = "error",
	};

	return words[severity];
}

__attribute__((format(printf, 1, 0))) static char *make_line(const char *format, va_list args)
{
	char *line = NULL;

	if (vasprintf(&line, format, args) < 0)
		return NULL;
	for (char *c = line; *c != '\0'; c++) {
		if (*c < ' ' || *c >= 0x7f)
			*c = '?';
	}
	return line;
}

static bool grow(struct findings *list)
{
	size_t capacity = list->capacity > 0 ? 2 * list->capacity : 8;
	struct finding *item;

	if (list->count < list->capacity)
		return true;
	item = reallocarray(list->item, capacity, sizeof(*item));
	if (item == NULL)
		return false;
	list->item = item;
	list->capacity = capacity;
	return true;
}

void finding_put(struct findings *list, enum finding_severity severity, const char *about, const char *format,
		 ...)
{
	va_list args;
	char *what;

	va_start(args, format);
	what = make_line(format, args);
	va_end(args);
	if (what == NULL || !grow(list)) {
		free(what);
		list->lost = true;
		return;
	}
	list->item[list->count++] = (struct finding){ .severity = severity, .about = about, .what = what };
	list->total[severity]++;
}

void finding_advise(struct findings *list, const char *format, ...)
{
	va_list args;
	char *instead;

	/* The one it belongs to may be missing. */
	if (list->lost)
		return;
	va_start(args, format);
	instead = make_line(format, args);
	va_end(args);
	if (instead == NULL) {
		list->lost = true;
		return;
	}
	free(list->item[list->count - 1].instead);
	list->item[list->count - 1].instead = instead;
}

void finding_free(struct findings *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->item[i].what);
		free(list->item[i].instead);
	}
	free(list->item);
	*list = (struct findings){ 0 };
}
