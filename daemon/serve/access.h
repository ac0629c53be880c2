/* SPDX-License-Identifier: ISC */
#ifndef SERVE_ACCESS_H
#define SERVE_ACCESS_H

/**
 * The access log: one line for each answer that has gone out.
 *
 *   fetch, answered (domain=example.org status=200 id=20261123180000 tls=1.3 client=192.0.2.0/24)
 *
 * Threads: any.
 */

#include <netinet/in.h>
#include <stdbool.h>

/** What a line tells; all of it lent. */
struct access {
	const struct in6_addr *address; /**< as clients_address() makes it */
	const char *host;               /**< that the client asked TLS for, normalised */
	const char *tls;                /**< version, "1.3" */
	unsigned status;                /**< of HTTP */
	const char *id;                 /**< of the revision, "" when it was none */
};

/**
 * Write the line.  What does not apply is "-".
 *
 * @param whole  whether to write the whole address, and not the /24 of an IPv4 address or the /48 of an IPv6
 * address
 */
void access_write(const struct access *access, bool whole);

#endif
