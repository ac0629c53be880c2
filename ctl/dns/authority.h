/* SPDX-License-Identifier: ISC */
#ifndef CTL_DNS_AUTHORITY_H
#define CTL_DNS_AUTHORITY_H

/**
 * The name servers that senders may ask about a name: those that the zone names itself and those that the
 * zone above names (RFC 1034, section 4.2.2), which may differ for weeks after a zone has moved, and servers
 * of the zone above that answer for the zone themselves.
 *
 * Threads: any; one object a thread.
 */

#include "ctl/dns/ask.h"
#include "policy/record.h"

/** Most addresses of all servers together. */
#define AUTHORITY_SERVERS_MAX 64

/** One address of one server. */
struct authority_server {
	char *name;
	char *address;     /**< "" when there is none to tell of */
	const char *error; /**< static; why there is none, or perhaps more than are told of; NULL otherwise */
	enum record_named named;
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
 * The resolver tells of one list; the servers of the zone above, and those of the zone, are asked for theirs.
 * When no server of a zone above says anything, an entry with an error, named after that zone, stands for the
 * servers that are not known.  Of zones with one label the resolver's word is taken.
 *
 * @param name  without trailing dot
 * @return ERR_OK (with an error inside or not), ERR_SYNTAX (the resolver is no address), ERR_NO_MEMORY
 */
enum err authority_find(const struct ask_way *way, const char *name, struct authority *authority);

/** Free the servers and leave none. */
void authority_free(struct authority *authority);

#endif
