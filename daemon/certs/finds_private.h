/* SPDX-License-Identifier: ISC */
#ifndef CERTS_FINDS_PRIVATE_H
#define CERTS_FINDS_PRIVATE_H

/**
 * A list of places where pairs lie, and how ACME clients and people name the files of a pair.  Opens no file;
 * what is in them is pair_load()'s matter.
 *
 * Threads: any, one object a thread.
 */

#include "base/complaints.h"
#include "base/names.h"

/** Where a pair lies; both paths are the same for a combined file. */
struct find {
	char *chain_path;
	char *key_path;
};

/** Zero-initialise. */
struct finds {
	struct find *item;
	size_t count;
	size_t capacity;
};

/**
 * Append a find.
 *
 * @param chain_path, key_path  taken over, also on error; NULL stands for a path that there was no memory for
 * @return ERR_OK, ERR_NO_MEMORY (the list is as before)
 */
enum err finds_put(struct finds *finds, char *chain_path, char *key_path);

/** Sort by chain_path. */
void finds_sort(struct finds *finds);

/** Tell whether a sorted list has a chain_path. */
bool finds_has(const struct finds *finds, const char *chain_path);

/** Free all finds but the first so many. */
void finds_cut(struct finds *finds, size_t count);

/** Free every find and leave an empty list. */
void finds_free(struct finds *finds);

/** One directory that is being looked at. */
struct folder {
	const char *path;     /**< without a slash at its end */
	struct names entries; /**< sorted */
};

/**
 * Tell from a file's name, and those beside it, whether it is the chain of a pair, and put the pair on the
 * list.
 *
 * Keys, requests, notes and other companions are passed over; a chain whose key is missing is complained
 * about.
 *
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err finds_take(const struct folder *folder, const char *name, struct finds *finds,
		    struct complaints *complaints);

/** Tell whether a file's name is one that people give to certificates for use. */
bool finds_resembles(const char *name);

/** Tell whether a directory within a folder is certbot's or mod_md's own and holds no pairs for use. */
bool finds_skip(const struct folder *folder, const char *name);

#endif
