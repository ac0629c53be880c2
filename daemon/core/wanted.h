/* SPDX-License-Identifier: ISC */
#ifndef CORE_WANTED_H
#define CORE_WANTED_H

/**
 * The file by which who orders certificates hears at once that a domain has come to need one:
 * mta-stsd-acme.path waits for it to be written.  Nobody reads what is in it, a line for people.
 *
 * Threads: the clerk's.
 */

#include <stdbool.h>
#include <stddef.h>

/** Its name in the state directory. */
#define WANTED_FILE "wanted"

/** Zero-initialise. */
struct wanted_file {
	const char *state; /**< the state directory, lent; NULL: nobody is told */
	bool failed;       /**< it could not be written the last time, and that was logged */
};

/**
 * Write the file.  Where that fails, it is logged once until it works again, and the next round of orders
 * finds out by itself.
 *
 * @param uncovered  how many domains have no certificate
 */
void wanted_tell(struct wanted_file *wanted, size_t uncovered);

#endif
