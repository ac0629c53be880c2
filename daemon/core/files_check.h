/* SPDX-License-Identifier: ISC */
#ifndef CORE_FILES_CHECK_H
#define CORE_FILES_CHECK_H

/**
 * mta-stsd --check: what a load would complain about, without a running daemon.
 *
 * Threads: the clerk's.
 */

#include "config/settings.h"

#include <stdbool.h>

/** What a check has seen. */
struct files_checked {
	bool settings; /**< they could be used */
	bool counted;  /**< the domain files could be read, and so the numbers below are known */
	size_t domains;
	size_t uncovered; /**< how many of them have no certificate */
};

/**
 * Load all files as reload_run() would, into nothing, to see whether there is something to complain about.
 *
 * @param passed  see settings_tell_passed()
 * @return ERR_OK (see complaints), ERR_SYNTAX (the settings themselves are refused; complained about),
 * ERR_NO_MEMORY
 */
enum err files_check(const char *config_path, const struct settings *passed, struct complaints *complaints,
		     struct files_checked *checked);

#endif
