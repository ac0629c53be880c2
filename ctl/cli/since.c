/* SPDX-License-Identifier: ISC */
#include "ctl/cli/since.h"

#include "base/clock.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS     "0123456789"
#define DIGITS_MAX 9
#define SPAN_MAX   (10L * 366 * 86400)

static enum err parse_span(const char *text, time_t now, time_t *since)
{
	static const struct {
		char letter;
		long seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	size_t len = strspn(text, DIGITS);

	if (len == 0 || len > DIGITS_MAX || strlen(text) != len + 1)
		return ERR_SYNTAX;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (text[len] != units[i].letter || atol(text) > SPAN_MAX / units[i].seconds)
			continue;
		*since = now - atol(text) * units[i].seconds;
		return ERR_OK;
	}
	return ERR_SYNTAX;
}

/* What strptime() reads is written again: it skips blanks, and takes a 30th of February. */
static enum err parse_moment(const char *text, time_t *since)
{
	bool day = strlen(text) == strlen("2026-11-23");
	char again[CLOCK_TEXT_SIZE];
	struct tm read = { 0 };
	time_t when;

	if (strptime(text, day ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ", &read) == NULL)
		return ERR_SYNTAX;
	when = timegm(&read);
	(void)clock_text(when, again);
	if (day)
		again[strlen("2026-11-23")] = '\0';
	if (strcmp(again, text) != 0)
		return ERR_SYNTAX;
	*since = when;
	return ERR_OK;
}

enum err since_parse(const char *text, time_t now, time_t *since)
{
	return parse_moment(text, since) == ERR_OK ? ERR_OK : parse_span(text, now, since);
}
