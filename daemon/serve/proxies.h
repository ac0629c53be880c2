/* SPDX-License-Identifier: ISC */
#ifndef SERVE_PROXIES_H
#define SERVE_PROXIES_H

/**
 * Whose connections have to begin with a PROXY header (serve/proxy.h), and are believed what it says.
 *
 * Threads: read-only once made.
 */

#include "base/names.h"

#include <stdbool.h>
#include <sys/socket.h>

struct proxies;

/** What stands for whoever connects to a Unix socket. */
#define PROXIES_UNIX "unix"

/**
 * @param names  networks as network_parse() reads them, or PROXIES_UNIX
 * @return ERR_OK, ERR_SYNTAX (one is none of these), ERR_NO_MEMORY
 */
enum err proxies_new(const struct names *names, struct proxies **proxies);

/** Free it; NULL inside is fine. */
void proxies_free(struct proxies **proxies);

/** Tell whether a peer is one of them; NULL has none. */
bool proxies_include(const struct proxies *proxies, const struct sockaddr_storage *peer);

#endif
