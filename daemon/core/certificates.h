/* SPDX-License-Identifier: ISC */
#ifndef CORE_CERTIFICATES_H
#define CORE_CERTIFICATES_H

/**
 * Where the certificates of a host come from.
 *
 * Threads: the clerk's.
 */

#include "certs/certs.h"
#include "config/settings.h"
#include "store/store.h"

/** Of how many places certificates are looked for in, those are known that are watched (certs_places()). */
#define CERTIFICATES_PLACES 65536

/**
 * The path of the directory for pairs that are installed over the control socket.
 *
 * @return to free(), or NULL without memory
 */
char *certificates_installed(const char *state);

/** The path of the directory for keys that wait for their certificates, as above. */
char *certificates_requested(const char *state);

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

#endif
