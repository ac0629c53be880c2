/* SPDX-License-Identifier: ISC */
#ifndef CERTS_ENTRIES_PRIVATE_H
#define CERTS_ENTRIES_PRIVATE_H

/**
 * What is in a directory, with what the file system tells of each entry beside its name, so that hardly any
 * has to be asked for.
 *
 * Threads: any, one object a thread.
 */

#include "base/names.h"
#include "base/text.h"

#include <dirent.h>

/** Zero-initialise. */
struct entries {
	struct names names; /**< sorted; lent, not to be changed */
	bool linked;        /**< there may be links among them */
	/* Private: */
	struct text bytes;
};

/**
 * List the entries of a directory that are not hidden.
 *
 * @param most  no more are listed
 * @param[out] entries  freed with entries_free(), also after an error
 * @return ERR_OK, ERR_RANGE (there are more), ERR_IO (some cannot be read; errno tells why), ERR_NO_MEMORY;
 *         what was listed counts all the same, but for want of memory
 */
enum err entries_list(DIR *dir, size_t most, struct entries *entries);

/** The DT_ that a file system told of a listed name; DT_UNKNOWN: it did not. */
unsigned char entries_type(const char *name);

/** Free them and leave none. */
void entries_free(struct entries *entries);

#endif
