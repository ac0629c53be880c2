/* SPDX-License-Identifier: ISC */
#include "client/rows.h"

#include "base/allocation.h"

#include <string.h>

/* How an answer with rows begins; it stays when they are taken out. */
static const char begin[] = "{\"domains\":[";
#define BEGIN_LEN (sizeof(begin) - 1)

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

enum err rows_take(struct rows *rows, struct text *answer)
{
	size_t at = BEGIN_LEN;
	enum err err;

	if (rows->place == ROWS_BEFORE && answer->len >= BEGIN_LEN)
		rows->place = memcmp(answer->bytes, begin, BEGIN_LEN) == 0 ? ROWS_WITHIN : ROWS_BEHIND;
	if (rows->place != ROWS_WITHIN)
		return ERR_OK;
	err = take_rows(rows, answer, &at);
	memmove(answer->bytes + BEGIN_LEN, answer->bytes + at, answer->len - at + 1); /* and the end */
	answer->len -= at - BEGIN_LEN;
	return err;
}
