/* SPDX-License-Identifier: ISC */
#include "client/rows.h"

#include "base/allocation.h"

#include <stdio.h>
#include <string.h>

/* No row is longer: what is not whole by then is no JSON. */
#define ROW_MAX ((size_t)1 << 20)

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* What comes next behind blanks and the comma between two rows: '{', ']', 0 when it is not there yet, or '?'.
 */
static char skip(const struct rows *rows, const struct text *answer, size_t *at)
{
	bool comma = false;

	for (; *at < answer->len; ++*at) {
		char c = answer->bytes[*at];

		if (is_blank(c))
			continue;
		if (c == '{')
			return comma == rows->any ? c : '?';
		if (c != ',' || comma)
			return c == ']' && !comma ? c : '?';
		comma = true;
	}
	return 0;
}

/* ERR_AGAIN: it is not whole yet. */
static enum err take_row(struct rows *rows, const struct text *answer, size_t *at)
{
	json_error_t error;
	json_t *row = json_loadb(answer->bytes + *at, answer->len - *at,
				 JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &error);

	if (row == NULL && allocation_was_refused())
		return ERR_NO_MEMORY;
	if (row == NULL)
		return answer->len - *at <= ROW_MAX ? ERR_AGAIN : ERR_SYNTAX;
	rows->any = true;
	*at += (size_t)error.position;
	rows->refused = rows->take(rows->context, row);
	json_decref(row);
	return rows->refused;
}

static enum err take_rows(struct rows *rows, const struct text *answer, size_t *at)
{
	for (;;) {
		size_t next = *at;
		char c = skip(rows, answer, &next);
		enum err err;

		if (c == ']')
			rows->place = ROWS_BEHIND;
		if (c == ']')
			*at = next;
		if (c == 0 || c == ']')
			return ERR_OK;
		if (c != '{')
			return ERR_SYNTAX;
		err = take_row(rows, answer, &next);
		if (err != ERR_OK)
			return err == ERR_AGAIN ? ERR_OK : err;
		*at = next;
	}
}

/* The answer as if it ended with the rows that are yet to come. */
static enum err hand_head(struct rows *rows, const struct text *answer)
{
	struct text text = { 0 };
	json_t *head = NULL;
	enum err err = text_appendf(&text, "%.*s]}", (int)rows->at, answer->bytes);

	if (err == ERR_OK) {
		head = json_loadb(text.bytes, text.len, JSON_REJECT_DUPLICATES, NULL);
		err = head != NULL ? ERR_OK : allocation_was_refused() ? ERR_NO_MEMORY : ERR_SYNTAX;
	}
	if (err == ERR_OK)
		err = rows->refused = rows->begin(rows->context, head);
	json_decref(head);
	text_free(&text);
	return err;
}

/* A string cannot look like the member: its quotes have a backslash before them. */
static enum err find_rows(struct rows *rows, const struct text *answer)
{
	char member[64];
	size_t len = (size_t)snprintf(member, sizeof(member), "\"%s\":[", rows->member);
	const char *found = memmem(answer->bytes + rows->at, answer->len - rows->at, member, len);

	/* What was looked at is not looked at again, but for what may be the begin of it. */
	if (found == NULL && answer->len - rows->at >= len)
		rows->at = answer->len - (len - 1);
	if (found == NULL)
		return ERR_OK;
	rows->at = (size_t)(found - answer->bytes) + len;
	rows->place = ROWS_WITHIN;
	return rows->begin != NULL ? hand_head(rows, answer) : ERR_OK;
}

static enum err take_array(struct rows *rows, struct text *answer)
{
	enum err err = ERR_OK;
	size_t at;

	if (rows->place == ROWS_BEFORE && answer->len > 0)
		err = find_rows(rows, answer);
	if (err != ERR_OK || rows->place != ROWS_WITHIN)
		return err;
	at = rows->at;
	err = take_rows(rows, answer, &at);
	memmove(answer->bytes + rows->at, answer->bytes + at, answer->len - at + 1); /* and the end */
	answer->len -= at - rows->at;
	return err;
}

enum err rows_take(struct rows *rows, struct text *answer)
{
	enum err err = take_array(rows, answer);

	if (err != ERR_OK || rows->place != ROWS_BEHIND || rows->member_behind == NULL)
		return err;
	rows->member = rows->member_behind;
	rows->take = rows->take_behind;
	rows->begin = NULL;
	rows->member_behind = NULL;
	rows->any = false;
	rows->place = ROWS_BEFORE;
	return take_array(rows, answer);
}
