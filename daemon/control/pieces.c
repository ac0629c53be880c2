/* SPDX-License-Identifier: ISC */
#include "control/pieces.h"

#include "api/shape_text.h"

#include <stdio.h>
#include <string.h>

/* Of a piece; the clerk has others to serve, too. */
#define ROWS_MAX 64
#define SEEN_MAX 2000

/* No string looks like the array: quotes are written with a backslash there. */
enum err pieces_begin(struct pieces *pieces, json_t *json, const char *member)
{
	struct text *whole = &pieces->whole;
	char array[64];
	enum err err;

	whole->len = 0;
	err = shape_append_json(json, whole);
	if (err == ERR_OK)
		err = text_append(whole, "\n", 1);
	if (err != ERR_OK)
		return err;
	(void)snprintf(array, sizeof(array), "\"%s\":[]", member);
	pieces->rows_at = (size_t)(strstr(whole->bytes, array) - whole->bytes) + strlen(array) - 1;
	return ERR_OK;
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
	if (err == ERR_NOT_FOUND)
		pieces->at = PIECES_END;
	return err == ERR_NOT_FOUND ? ERR_OK : err;
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
