/* SPDX-License-Identifier: ISC */
#ifndef CERTS_WALKER_PRIVATE_H
#define CERTS_WALKER_PRIVATE_H

/**
 * A walk on its way: walk.c goes through directories, and walker.c knows where it has been and follows links.
 *
 * Threads: any, one object a thread.
 */

#include "certs/strays_private.h"
#include "certs/walk_private.h"

/** Places of which only the first is named. */
struct places {
	char *first;
	size_t count;
};

/** Zero-initialise, with the first three. */
struct walker {
	struct complaints *complaints;
	time_t now;
	const struct recall *before; /**< NULL: everything is listed */
	struct walk_places *noted;   /**< NULL: nobody wants to know */
	struct finds finds;
	struct strays strays;
	struct recall recall;
	bool relied;         /**< some directories were not listed */
	size_t recalled;     /**< finds in them */
	void *places;        /**< tsearch() tree: the directories that were entered */
	size_t listed;       /**< entries read from directories */
	size_t looked;       /**< entries looked at */
	long excess;         /**< by how much that was at most ahead of what the finds allow */
	bool full;           /**< a limit was met */
	bool linked;         /**< links may have been seen, and so one file under two names */
	struct names single; /**< finds of one file that are alone in their directories */
	struct names links;  /**< to directories, to follow when all else is done */
	struct places deep;  /**< below WALK_DEPTH_LIMIT */
	struct places loops; /**< links to where they lie themselves */
	struct places late;  /**< links that were left out after a limit was met */
};

/** Note that a directory was entered; tells whether it is for the first time.  ERR_OK, ERR_NO_MEMORY. */
enum err walker_enter(struct walker *walker, const struct stat *status, bool *first);

/** Note a place; returns ERR_OK, ERR_NO_MEMORY. */
enum err walker_note(struct places *places, const char *path);

/** Look into a directory and what is below it; ERR_OK, ERR_NO_MEMORY. */
enum err walker_visit(struct walker *walker, const char *path, unsigned depth);

/** Follow the links that were met, when all else is done; ERR_OK, ERR_NO_MEMORY. */
enum err walker_follow_links(struct walker *walker);

/** Complain of the places that were noted. */
void walker_tell(struct walker *walker);

/** Free what it holds. */
void walker_free(struct walker *walker);

#endif
