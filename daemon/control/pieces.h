/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_PIECES_H
#define CONTROL_PIECES_H

/**
 * An answer that is an object with an array of very many rows, made piece by piece.
 *
 * Threads: the clerk's.
 */

#include "base/text.h"

#include <jansson.h>

/** Zero-initialise, freed with pieces_free(). */
struct pieces {
	/* Private: */
	struct text whole; /* the answer without its rows */
	size_t rows_at;    /* where they stand in it */
	size_t next_at;    /* where those of the next array do; 0: there is none */
	enum { PIECES_BEGIN, PIECES_ROWS, PIECES_END } at;
	bool any; /* row that was written */
};

/**
 * Begin; or say anew, from within row(), what stands behind the rows: what stands before them is sent by
 * then.
 *
 * @param json  the answer with an empty array, which no other array before it is like; taken over; NULL is
 * want of memory
 * @param member  the name of that array
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err pieces_begin(struct pieces *pieces, json_t *json, const char *member);

/**
 * Have the rows of another empty array behind this one come next, from within row() that returns
 * ERR_NOT_FOUND then.
 */
void pieces_go_on(struct pieces *pieces, const char *member);

/**
 * Append the next piece: some rows, or a blank where many were passed over, which JSON allows; nothing at the
 * end.
 *
 * @param row  appends the next row: ERR_OK, also where it appends nothing and is to be asked again,
 * ERR_NOT_FOUND (there is no other), or what this returns
 * @return ERR_OK, ERR_NO_MEMORY, or what row() did
 */
enum err pieces_next(struct pieces *pieces, enum err (*row)(void *owner, struct text *piece), void *owner,
		     struct text *piece);

/** Free what it holds. */
void pieces_free(struct pieces *pieces);

#endif
