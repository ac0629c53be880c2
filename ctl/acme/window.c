/* SPDX-License-Identifier: ISC */
#include "ctl/acme/window.h"

#include "base/clock.h"
#include "base/text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

/* A time without its fraction and offset, with the letter for none. */
#define PLAIN_SIZE sizeof("YYYY-MM-DDThh:mm:ssZ")

static bool is_pair(const char *at, int most)
{
	return strspn(at, DIGITS) >= 2 && (at[0] - '0') * 10 + at[1] - '0' <= most;
}

/* "+hh:mm"; the seconds that it is ahead. */
static enum err read_offset(const char *at, time_t *seconds)
{
	if ((at[0] != '+' && at[0] != '-') || strlen(at) != strlen("+hh:mm") || !is_pair(at + 1, 23) ||
	    at[3] != ':' || !is_pair(at + 4, 59))
		return ERR_SYNTAX;
	*seconds = strtol(at + 1, NULL, 10) * 3600 + strtol(at + 4, NULL, 10) * 60;
	if (at[0] == '-')
		*seconds = -*seconds;
	return ERR_OK;
}

enum err window_read_time(const char *text, time_t *when)
{
	char plain[PLAIN_SIZE] = "";
	size_t len = PLAIN_SIZE - sizeof("Z");
	time_t read, ahead = 0;
	enum err err;

	if (strlen(text) <= len)
		return ERR_SYNTAX;
	memcpy(plain, text, len);
	plain[len] = 'Z';
	err = clock_parse(plain, &read);
	text += len;
	if (err == ERR_OK && *text == '.') {
		len = strspn(text + 1, DIGITS);
		err = len > 0 ? ERR_OK : ERR_SYNTAX;
		text += 1 + len;
	}
	if (err == ERR_OK && strcmp(text, "Z") != 0)
		err = read_offset(text, &ahead);
	if (err == ERR_OK)
		*when = read - ahead;
	return err;
}

static enum err read_bound(const json_t *suggested, const char *name, time_t *when)
{
	const json_t *text = json_object_get(suggested, name);

	return json_is_string(text) ? window_read_time(json_string_value(text), when) : ERR_SYNTAX;
}

/* It is only shown: one that is no address, or has blanks, is left out. */
static enum err read_why(const json_t *explanation, struct window *window)
{
	const char *text = json_string_value(explanation);
	char shown[TEXT_SHOWN_SIZE];

	if (text == NULL || (strncmp(text, "https://", 8) != 0 && strncmp(text, "http://", 7) != 0) ||
	    strchr(text, ' ') != NULL)
		return ERR_OK;
	window->why = strdup(text_escape(text, json_string_length(explanation), shown));
	return window->why != NULL ? ERR_OK : ERR_NO_MEMORY;
}

enum err window_read(const char *bytes, size_t len, time_t not_after, struct window *window)
{
	json_t *root = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *suggested = json_object_get(root, "suggestedWindow");
	time_t from = 0, to = 0;
	enum err err = read_bound(suggested, "start", &from);

	if (err == ERR_OK)
		err = read_bound(suggested, "end", &to);
	if (err == ERR_OK && (from < 0 || to <= from || to - from > WINDOW_MOST || from > not_after))
		err = ERR_SYNTAX;
	if (err == ERR_OK)
		err = read_why(json_object_get(root, "explanationURL"), window);
	if (err == ERR_OK) {
		window->from = from;
		window->to = to;
	}
	json_decref(root);
	return err;
}

void window_free(struct window *window)
{
	free(window->why);
	*window = (struct window){ 0 };
}
