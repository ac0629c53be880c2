/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_HERE_H
#define CTL_ACME_HERE_H

/**
 * Which addresses of a policy host lead to the daemon: it is told to answer a challenge that nobody else can
 * know, and each address has to give the answer.
 *
 * Threads: any; the addresses of one call belong to its thread.
 */

#include "base/text.h"
#include "ctl/acme/lead.h"

/** A challenge ends by itself after so long when nobody ends it, seconds. */
#define HERE_LIFETIME 60

/**
 * Find out where addresses of a host lead.
 *
 * @param socket  path of the control socket
 * @param refusal  appended to when the daemon opens no challenge: why, in its own words, escaped
 * @return ERR_OK (every state is set), ERR_REFUSED (the daemon opens none, or does not answer), ERR_NO_MEMORY
 */
enum err here_find(const char *socket, const char *host, struct lead *leads, size_t count,
		   struct text *refusal);

#endif
