/* SPDX-License-Identifier: ISC */
#ifndef STORE_CONDITION_H
#define STORE_CONDITION_H

/**
 * Whether what is ordered can be written, what is served be believed, and the state is in our hands alone:
 * whoever else may write there decides what is published and under which key.
 *
 * Threads: the clerk's.
 */

#include "base/complaints.h"

struct store;

enum condition {
	CONDITION_DOUBTFUL = 1, /**< the files may hold something else than memory; nothing is written until
				they were read */
	CONDITION_DAMAGED,      /**< they hold something else than was written; nothing is written */
	CONDITION_READ_ONLY,    /**< they may not be written */
	CONDITION_OK,
	CONDITIONS
};

/** How a store is. */
enum condition condition_of(const struct store *store);

/** One condition as the API says it: "ok", "doubtful", "damaged", "read-only". */
const char *condition_text(enum condition condition);

/** Complain about the files of a store that is not well, and about a state that is older than the last one.
 */
void condition_complain(const struct store *store, struct complaints *complaints);

/**
 * Warn of a state directory, or files and directories in it, that the group or everybody may write to, and of
 * a state directory that belongs to another user than root and our own.
 *
 * Of the entries of a directory the first is named, with the number of the others.
 */
void condition_check_custody(const char *state, struct complaints *complaints);

#endif
