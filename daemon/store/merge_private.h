/* SPDX-License-Identifier: ISC */
#ifndef STORE_MERGE_PRIVATE_H
#define STORE_MERGE_PRIVATE_H

/**
 * What a state published after a copy of it was made, taken over into the copy.
 *
 * Senders hold what was published, whether a copy knows of it or not; so no id of it may come back, and the
 * time at which all of it has expired must count it.
 *
 * Threads: the main thread.
 */

#include "base/err.h"

#include <stdbool.h>

struct restore_change;
struct sql_connection;

/**
 * Take over every revision that the copy lacks, as one that was replaced now, and publish anew, under a new
 * id, what the copy has otherwise than it was published.
 *
 * @param copy  sound and of today's version
 * @param path  of the other database; nothing is written into it
 * @param each  called with each domain that differs
 * @param[out] merged  false: there is none, or it is damaged or of another version, and nothing is taken over
 * @return ERR_OK, ERR_STORE (the copy is half done, and must not be used; cause logged), ERR_NO_MEMORY
 */
enum err merge_run(struct sql_connection *copy, const char *path,
		   void (*each)(void *context, const struct restore_change *change), void *context,
		   bool *merged);

#endif
