/* SPDX-License-Identifier: ISC */
#ifndef CERTS_LAYOUTS_H
#define CERTS_LAYOUTS_H

/**
 * How ACME clients and people name the files of a pair.  Opens no file; what is in them is pair_load()'s
 * matter.
 *
 * Threads: any, one object a thread.
 */

#include "base/complaints.h"
#include "base/err.h"
#include "base/names.h"
#include "certs/finds.h"

#include <stdbool.h>

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
enum err layouts_take(const struct folder *folder, const char *name, struct finds *finds,
		      struct complaints *complaints);

/** Tell whether a directory within a folder is one of certbot's own that holds no pairs for use. */
bool layouts_skip(const struct folder *folder, const char *name);

#endif
