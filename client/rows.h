/* SPDX-License-Identifier: ISC */
#ifndef CLIENT_ROWS_H
#define CLIENT_ROWS_H

/**
 * Takes the rows of a long answer out of its bytes as they come, so that nobody has to hold all of them.
 *
 * Threads: any, one object a thread.
 */

#include "base/text.h"

#include <jansson.h>

/** Zero-initialise, and set member, take and context. */
struct rows {
	const char *member;                             /**< as client_request.member */
	enum err (*begin)(void *context, json_t *head); /**< as client_request.begin; may be NULL */
	enum err (*take)(void *context, json_t *row);   /**< as client_request.row */
	const char *member_behind;                      /**< as client_request.member_behind; NULL: none */
	enum err (*take_behind)(void *context, json_t *row); /**< as client_request.row_behind */
	void *context;
	enum err refused; /**< what begin() or take() did not go on for, or ERR_OK */
	/* Private: */
	enum { ROWS_BEFORE, ROWS_WITHIN, ROWS_BEHIND } place;
	size_t at; /* where the rows stand in the answer, or may stand at the earliest */
	bool any;  /* a row has come */
};

/**
 * Take out of an answer what rows are whole, when more of it has come.
 *
 * @param[in,out] answer  what has come and was not taken; of one that is no long answer nothing is
 * @return ERR_OK, ERR_SYNTAX (no JSON), ERR_NO_MEMORY, or what begin() or take() returned
 */
enum err rows_take(struct rows *rows, struct text *answer);

#endif
