/* SPDX-License-Identifier: ISC */
#ifndef CTL_DNS_LOOK_H
#define CTL_DNS_LOOK_H

/**
 * A look at DNS: what the authoritative servers of a domain's _mta-sts name say at this moment.
 *
 * Threads: any; one object a thread.
 */

#include "ctl/dns/ask.h"

/** Most servers that are told of. */
#define LOOK_SERVERS_MAX 64

/** Most TXT records at one server that are told of. */
#define LOOK_TEXTS_MAX 16

/** One address of one server, and what it said. */
struct look_server {
	char *server;  /**< its name; or the name whose zone no server is known of */
	char *address; /**< "" when it has none */
	uint32_t ttl;  /**< longest of the TXT records and of the CNAMEs that led there, seconds */
	char **text;   /**< the TXT records, count of them; none when nothing stands there */
	size_t count;
	const char *error; /**< static; NULL unless it said nothing that can be used */
	bool skipped;      /**< this machine has no way to that address family */
};

/** All of one domain.  Zero-initialise; freed with look_free(). */
struct look {
	struct look_server *server; /**< at least one unless there is an error */
	size_t count;
	const char *error; /**< static; why not all there is can be told, or NULL */
};

/**
 * Look at _mta-sts.DOMAIN: follow CNAMEs (8 at most), find the zone that each name on the way is in, ask
 * every address of every server of it, IPv4 and IPv6, without recursion.
 *
 * A server that leads on by CNAME is not told of: those where it leads are.  When servers of a zone lead to
 * different names, all of these are looked at.  Whoever does not claim to be authoritative has said nothing
 * that can be used.
 *
 * @param domain  normalised
 * @return ERR_OK (with an error inside or not), ERR_SYNTAX (the resolver is no address), ERR_NO_MEMORY
 */
enum err look_take(const struct ask_way *way, const char *domain, struct look *look);

/** Free what was seen and leave nothing seen. */
void look_free(struct look *look);

#endif
