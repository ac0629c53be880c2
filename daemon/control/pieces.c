/* SPDX-License-Identifier: ISC */
#include "control/pieces.h"

#include "api/shape_text.h"

#include <stdio.h>
#include <string.h>

/* Of a piece; the clerk has others to serve, too. */
#define ROWS_MAX 64
#define SEEN_MAX 2000

/* Where an empty array has its rows; no string looks like it: quotes are written with a backslash there. */
static size_t find_rows(const struct text *whole, size_t from, const char *member)
{
	char array[64];

	(void)snprintf(array, sizeof(array), "\"%s\":[]", member);
	return (size_t)(strstr(whole->bytes + from, array) - whole->bytes) + strlen(array) - 1;
}

enum err pieces_begin(struct pieces *pieces, json_t *json, const char *member)
{
	struct text *whole = &pieces->whole;
	enum err err;

	whole->len = 0;
	err = shape_append_json(json, whole);
	if (err == ERR_OK)
		err = text_append(whole, "\n", 1);
	if (err != ERR_OK)
		return err;
	pieces->rows_at = find_rows(whole, 0, member);
	return ERR_OK;
}

void pieces_go_on(struct pieces *pieces, const char *member)
{
	pieces->next_at = find_rows(&pieces->whole, pieces->rows_at, member);
}

/* There are no more rows: those of the next array come, or the rest. */
static enum err end_rows(struct pieces *pieces, struct text *piece)
{
	size_t from = pieces->rows_at;

	if (pieces->next_at == 0) {
		pieces->at = PIECES_END;
		return ERR_OK;
	}
	pieces->rows_at = pieces->next_at;
	pieces->next_at = 0;
	pieces->any = false;
	return text_append(piece, pieces->whole.bytes + from, pieces->rows_at - from);
}

static enum err put_row(struct pieces *pieces, enum err (*row)(void *owner, struct text *piece), void *owner,
			struct text *piece, size_t *rows)
{
	size_t before = piece->len, begin;
	enum err err = pieces->any ? text_append(piece, ",", 1) : ERR_OK;

	begin = piece->len;
	if (err == ERR_OK)
		err = row(owner, piece);
	if (piece->len == begin) {
		piece->len = before;
	} else {
		pieces->any = true;
		++*rows;
	}
	return err == ERR_NOT_FOUND ? end_rows(pieces, piece) : err;
}

static enum err put_rows(struct pieces *pieces, enum err (*row)(void *owner, struct text *piece), void *owner,
			 struct text *piece)
{
	size_t rows = 0;
	enum err err = ERR_OK;

	for (size_t seen = 0;
	     err == ERR_OK && pieces->at == PIECES_ROWS && rows < ROWS_MAX && seen < SEEN_MAX; seen++)
		err = put_row(pieces, row, owner, piece, &rows);
	return err == ERR_OK && rows == 0 && pieces->at == PIECES_ROWS ? text_append(piece, " ", 1) : err;
}

enum err pieces_next(struct pieces *pieces, enum err (*row)(void *owner, struct text *piece), void *owner,
		     struct text *piece)
{
	const struct text *whole = &pieces->whole;
	enum err err = ERR_OK;

	if (pieces->at == PIECES_END)
		return ERR_OK;
	if (pieces->at == PIECES_BEGIN)
		err = text_append(piece, whole->bytes, pieces->rows_at);
	pieces->at = PIECES_ROWS;
	if (err == ERR_OK)
		err = put_rows(pieces, row, owner, piece);
	if (err == ERR_OK && pieces->at == PIECES_END)
		err = text_append(piece, whole->bytes + pieces->rows_at, whole->len - pieces->rows_at);
	return err;
}

void pieces_free(struct pieces *pieces)
{
	text_free(&pieces->whole);
}
