/* SPDX-License-Identifier: ISC */
#ifndef APP_HOST_H
#define APP_HOST_H

/**
 * Birth and death of the policy host (core/reload.h).
 *
 * Threads: the main thread.
 */

#include "core/reload.h"

/**
 * Open store, registry, certificates and challenges.  What the store holds is there then, with the certificates that it
 * can be served by, before any domain file is read: who asks for a policy shall wait for its certificate, and
 * not be refused.
 *
 * @param settings  taken over on success
 * @param[out] host  freed with host_close()
 * @return ERR_OK, ERR_NO_MEMORY, or what store_open() and registry_load() say
 */
enum err host_open(const char *config_path, struct settings **settings, struct host **host);

/** Write down what was counted and close everything; NULL inside is fine. */
void host_close(struct host **host);

#endif
