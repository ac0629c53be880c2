/* SPDX-License-Identifier: ISC */
#ifndef SERVE_PROXY_H
#define SERVE_PROXY_H

/**
 * The header by which a proxy in front of us says who its client is: the PROXY protocol, versions 1 and 2
 * (proxy-protocol.txt of HAProxy, sections 2.1 and 2.2).
 *
 * Threads: any; no I/O, no clock.
 */

#include "base/err.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * Longest header, bytes.  One of version 1 has at most 107.  The specification lets version 2 go up to 65551,
 * but wants a sender to stay within one segment; this is room for all that proxies add today (server name,
 * unique id, what they know of a TLS session), and no more than a stranger could make us keep anyway.
 */
#define PROXY_LIMIT 2048

/** Bytes from which on nothing else begins as a header does, whatever the protocol. */
#define PROXY_LEAST 6

/** What a header says. */
struct proxy_header {
	size_t len; /**< of the header: what the client itself sent begins there */
	/**
	 * Whether it names a client.  It does not for what the proxy sends on its own behalf, such as a
	 * health check (LOCAL), nor when it does not know the client or the client does not speak TCP
	 * (UNKNOWN, UNSPEC, UDP, Unix sockets).
	 */
	bool names_client;
	struct in6_addr client; /**< as clients_address() makes it; only when it names one */
};

/**
 * Read the header that a connection has to begin with, in the strictest way that the specification allows.
 *
 * Additional information (TLVs) is left out but for its lengths, which must fit, and its checksum, which must
 * be right if there is one.  Of a header that names no client nothing behind the part that says so counts. A
 * client that is "::" or 0.0.0.0 is nobody, and refused.
 *
 * @param bytes  len bytes from the first one of the connection on
 * @return ERR_OK, ERR_AGAIN (so far it is the beginning of a header), ERR_SYNTAX (whatever may come, it will
 * be none)
 */
enum err proxy_parse(const char *bytes, size_t len, struct proxy_header *header);

#endif
