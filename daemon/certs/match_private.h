/* SPDX-License-Identifier: ISC */
#ifndef CERTS_MATCH_PRIVATE_H
#define CERTS_MATCH_PRIVATE_H

/**
 * Pairing the files of one directory by what is in them: any chain with any key that has the same public key.
 *
 * Only where the names do not tell: directories laid out as a known tool leaves them are not read here at
 * all.
 *
 * Threads: any.
 */

#include "certs/layouts_private.h"
#include "certs/strays_private.h"

#include <time.h>

/** How many files of one directory are read, and bytes of them in all. */
#define MATCH_FILES_LIMIT 10000
#define MATCH_BYTES_LIMIT 67108864

/** How many files named NAME.pem are looked into before a directory passes for one of files with both halves.
 */
#define MATCH_SAMPLE 8

/** What is paired: the files of a folder, as layouts_take() told, in the order of their names. */
struct match {
	const struct folder *folder;
	const struct named *files;
	size_t count;
	size_t first; /**< of its finds: they are the last on the list */
	time_t now;
};

/**
 * Add the pairs that the names did not tell, and take finds off the list that are none, or have a chain of
 * which the same directory has a longer one.
 *
 * Of several chains with the same leaf the longest becomes a find, or stays one, the first by name among
 * equals; of several keys that fit the first by name.  A chain that has expired is passed over beside one
 * that has not. What the names told is left as it is where there is nothing to add.
 *
 * Complained about: more files than the limits allow; none of them is read then.  All else that fits nothing
 * is put on the list of strays.
 *
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err match_folder(const struct match *match, struct finds *finds, struct strays *strays,
		      struct complaints *complaints);

#endif
