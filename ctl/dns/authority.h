/* SPDX-License-Identifier: ISC */
#ifndef CTL_DNS_AUTHORITY_H
#define CTL_DNS_AUTHORITY_H

/**
 * The name servers of the zone that a name is in, as the resolver tells of them.
 *
 * Threads: any; one object a thread.
 */

#include "ctl/dns/ask.h"

/** Most addresses of all servers together. */
#define AUTHORITY_SERVERS_MAX 64

/** One address of one server. */
struct authority_server {
	char *name;
	char *address;     /**< "" when there is none to tell of */
	const char *error; /**< static; why there is none, or perhaps more than are told of; NULL otherwise */
};

/** All servers of a zone.  Zero-initialise; freed with authority_free(). */
struct authority {
	struct authority_server *server;
	size_t count;
	const char *error; /**< static; why no server is known, or NULL */
};

/**
 * Find the servers of the zone that a name is in, and all their addresses, IPv4 and IPv6.
 *
 * @param name  without trailing dot
 * @return ERR_OK (with an error inside or not), ERR_SYNTAX (the resolver is no address), ERR_NO_MEMORY
 */
enum err authority_find(const struct ask_way *way, const char *name, struct authority *authority);

/** Free the servers and leave none. */
void authority_free(struct authority *authority);

#endif
