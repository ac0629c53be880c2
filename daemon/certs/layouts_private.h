/* SPDX-License-Identifier: ISC */
#ifndef CERTS_LAYOUTS_PRIVATE_H
#define CERTS_LAYOUTS_PRIVATE_H

/**
 * How ACME clients, hosting panels and people name the files of a pair.  Opens no file; match.c looks into
 * those of which the names do not tell enough.
 *
 * Threads: any, one object a thread.
 */

#include "base/names.h"
#include "certs/finds_private.h"

#include <limits.h>

/** One directory that is being looked at. */
struct folder {
	const char *path;            /**< without a slash at its end */
	const struct names *entries; /**< sorted */
};

/** What the name of a file tells, and the names of those beside it. */
enum told {
	TOLD_COMPANION = 1, /**< of what is taken: an issuer, a request, an older version; never read */
	TOLD_UNKNOWN,       /**< nothing */
	TOLD_TAKEN,         /**< a chain, put on the list with its key as the layout of a tool has it */
	TOLD_BOTH,    /**< put on the list as a chain and its key in one, as any other NAME.pem is at first */
	TOLD_KEYLESS, /**< a chain whose key should lie under the name that layouts_key_name() tells, and does
			 not */
	TOLD_KEY,     /**< a key */
	TOLD_LIKELY,  /**< a certificate, in no layout that is known */
	TOLD_BINARY,  /**< a certificate in a form that is not read: DER, PKCS#12 */
};

/** A file in a folder. */
struct named {
	const char *name;
	enum told told;
};

/**
 * Tell from a file's name, and those beside it, what it is, and put the pair on the list if it is the chain
 * of one.
 *
 * @param[in,out] named  has its name, and gets what was told
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err layouts_take(const struct folder *folder, struct named *named, struct finds *finds);

/** The name that the key of a chain should have which was told to be without it. */
void layouts_key_name(const char *name, char key[NAME_MAX + 1]);

/** Tell whether a directory within a folder is certbot's or mod_md's own and holds no pairs for use. */
bool layouts_skip(const struct folder *folder, const char *name);

#endif
