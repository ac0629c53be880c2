/* SPDX-License-Identifier: ISC */
#ifndef CORE_CERTIFICATES_H
#define CORE_CERTIFICATES_H

/**
 * Where the certificates of a host come from, and warnings of those that come to their end.
 *
 * Threads: the main thread.
 */

#include "base/err.h"
#include "base/names.h"
#include "certs/certs.h"
#include "config/settings.h"
#include "store/store.h"

#include <stddef.h>
#include <time.h>

/** How many certificates are named in the log in a day, for each stage. */
#define CERTIFICATES_WARNED_NAMED 20

/** What was warned of within a day; zero-initialise. */
struct certificates_warned {
	struct names told; /**< "STAGE FILE"; at most CERTIFICATES_WARNED_NAMED a stage */
	time_t since;      /**< when the day began */
	size_t unnamed;    /**< how many more were told of in one line */
};

/**
 * The path of the directory for pairs that are installed over the control socket.
 *
 * @return to free(), or NULL without memory
 */
char *certificates_installed(const char *state);

/**
 * Finish an install that a crash interrupted after its entry was written, or remove what one left that had
 * none: what the audit trail says was installed is installed.  While the audit trail cannot be read it stays.
 *
 * @param directory  of installed pairs; there may be none
 */
void certificates_finish(struct store *store, const char *directory);

/**
 * Load the pairs of all directories: those of the setting, and that of installed pairs when there is one.
 *
 * @param state  the state directory, or NULL to leave installed pairs out
 * @return as certs_load()
 */
enum err certificates_load(struct certs *certs, const struct settings *settings, const char *state,
			   struct complaints *complaints);

/**
 * Log each used certificate that expires soon or has expired; of each only once a day in each stage, and
 * those that are too many to be named in one line.
 */
void certificates_review(struct certs *certs, struct certificates_warned *warned);

/** Forget what was warned of. */
void certificates_warned_free(struct certificates_warned *warned);

#endif
