/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_LIST_FILE_H
#define CONFIG_LIST_FILE_H

/**
 * A plain list of domains, one in each line, as programs write it: customers.list.
 *
 * Blank lines, blanks around a name, '#' and what follows it, CRLF, a byte order mark and a last line without
 * its end are fine; a name may be written as in a domain file.
 *
 * Threads: any.
 */

#include "config/said.h"

/** Largest list, bytes, and most names in it. */
#define LIST_FILE_LIMIT (128UL << 20)
#define LIST_FILE_NAMES 5000000

/** Who asks for a list. */
struct list_asked {
	const char *first; /**< path of the domain file, inside whose directory the list must be */
	const char *file;  /**< where it is asked for: the same, or one that it includes */
	unsigned line;
	const char *path; /**< as it is written there */
};

/**
 * Read a list, and append its domains to what a file says.
 *
 * Everything wrong is complained about, a file that is something else altogether not line by line; whoever
 * reads the domain file refuses all of it then.
 *
 * @param policy, extra  of all its domains; as for said_add()
 * @return ERR_OK (there may be complaints), ERR_SYNTAX (there are: nothing of it was read), ERR_NO_MEMORY
 */
enum err list_file_read(const struct list_asked *asked, const struct policy *policy,
			const struct said_extra *extra, struct complaints *complaints, struct said *said);

#endif
