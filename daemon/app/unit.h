/* SPDX-License-Identifier: ISC */
#ifndef APP_UNIT_H
#define APP_UNIT_H

/**
 * The service as systemd runs it: as which user, and what it sees of the file system.
 *
 * For root, who reads everything, and so cannot tell by reading what the service can read.  The truth is
 * what systemd says of the unit, drop-ins included.
 *
 * Threads: before there are any.
 */

#include "base/err.h"
#include "base/text.h"

#include <stdbool.h>
#include <sys/types.h>

/** The name of the unit that is asked for. */
#define UNIT_NAME "mta-stsd.service"

/** What of a unit decides what it can read. */
struct unit {
	char *user;
	char *group;     /**< "": that of the user */
	char **groups;   /**< supplementary ones, the last one NULL */
	char **shown;    /**< pairs: a path outside, and where the service has it; the last one NULL */
	bool confined;   /**< it sees nothing but those */
	bool privileged; /**< it may read more than its user */
	bool uses;       /**< its command line names the settings file that was asked about */
};

/**
 * Ask systemd for the unit.
 *
 * @param config  path of a settings file
 * @param[out] why  set when it is not known: in a few words, lent
 * @return ERR_OK, ERR_NOT_FOUND (there is no systemd, or no such unit), ERR_IO (not to be found out),
 *         ERR_NO_MEMORY
 */
enum err unit_ask(const char *config, struct unit *unit, const char **why);

/**
 * Become what the service is, for good: in a file system of its own with nothing but what the service sees,
 * as its user and with its groups.
 *
 * @param[out] why  set on failure: in a few words, lent
 * @return ERR_OK, ERR_NOT_FOUND (no such user or group here), ERR_IO (then it is half done)
 */
enum err unit_become(const struct unit *unit, const char **why);

/** Free what it holds; zero-initialised is fine. */
void unit_free(struct unit *unit);

#endif
