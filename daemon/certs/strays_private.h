/* SPDX-License-Identifier: ISC */
#ifndef CERTS_STRAYS_PRIVATE_H
#define CERTS_STRAYS_PRIVATE_H

/**
 * Files that look like halves of pairs and found no other half.  What is to be said of them can be told when
 * all directories were searched: one that a link elsewhere leads to, and that is used there, is none.
 *
 * Threads: any, one object a thread.
 */

#include "base/complaints.h"
#include "base/names.h"
#include "certs/finds_private.h"

#include <sys/stat.h>

enum stray_kind {
	STRAY_KEYLESS = 1, /**< a chain without the key that its name asks for */
	STRAY_HALF,        /**< a NAME.pem without a chain or without a key */
	STRAY_CHAIN,       /**< a chain to which no key fits */
	STRAY_BINARY,      /**< DER or PKCS#12 */
	STRAY_LOCKED,      /**< a key that cannot be understood */
	STRAY_UNREADABLE,  /**< may not be read, or is too large */
	STRAY_OTHER,       /**< has the name of a certificate and holds none that can be used */
};

/** A file to put on the list; the strings are lent. */
struct stray_file {
	const char *folder;
	const char *name;
	enum stray_kind kind;
	struct stat status; /**< of what a link leads to */
	const char *why;    /**< STRAY_UNREADABLE: the reason that file_read() gave */
	bool served;        /**< pairs were found in its folder */
	bool aside;         /**< not worth a word where any were: an issuer, an older version */
};

struct stray;

/** Zero-initialise. */
struct strays {
	struct stray *item;
	size_t count;
	size_t capacity;
};

/**
 * Append a file; those of one folder come one after the other.
 *
 * @return ERR_OK, ERR_NO_MEMORY (the list is as before)
 */
enum err strays_put(struct strays *strays, const struct stray_file *file);

/**
 * Complain about all that are used by no find.  A folder in which nothing is used is named once; where it has
 * a single file for both halves, that becomes a find again, so that whoever loads it says what it lacks.
 *
 * @param finds  all of them; need not be sorted, and is not afterwards
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err strays_tell(const struct strays *strays, struct finds *finds, struct complaints *complaints);

/**
 * Take finds off the list that have both halves in one file by their name and lack one, when another find has
 * that file for a half of its own.
 *
 * @param single  files that are alone in their directories, so that nobody has looked into them; they are
 * read
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err strays_drop_halves(const struct names *single, struct finds *finds);

/** Free all but the first so many. */
void strays_cut(struct strays *strays, size_t count);

/** Free every member and leave an empty list. */
void strays_free(struct strays *strays);

#endif
