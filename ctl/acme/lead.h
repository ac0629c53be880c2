/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_LEAD_H
#define CTL_ACME_LEAD_H

/**
 * Whether an address leads to this daemon: a connection as that of an authority (RFC 8737) has to get the
 * certificate of a challenge that was opened for nothing else.  The only module that knows GnuTLS.
 *
 * Who answers there may be a stranger: everything that is read is bounded, and nothing of it is shown.
 *
 * Threads: any; the addresses of one call belong to its thread.
 */

#include "base/err.h"

#include <netinet/in.h>
#include <stddef.h>

/** Where an authority connects to. */
#define LEAD_PORT 443

/** For all addresses together, milliseconds. */
#define LEAD_TIMEOUT_MS 10000

/** Most bytes that are read of one server. */
#define LEAD_BYTES_MAX 65536

/** Size of what the certificate has to carry, the SHA-256 of a key authorization, bytes. */
#define LEAD_DIGEST_SIZE 32

/** Where an address leads. */
enum lead_state {
	LEAD_HERE = 1,
	LEAD_ELSEWHERE,     /**< somebody answers there, and it is not this daemon */
	LEAD_NO_CONNECTION, /**< nobody answers */
	LEAD_NO_ROUTE,      /**< this machine has no way to addresses of that family: nothing was tried */
};

/** One address. */
struct lead {
	const char *address; /**< IPv4 or IPv6; lent */
	enum lead_state state;
	const char *why; /**< unless it leads here: a static string that goes on after "ADDRESS " */
};

/** What is tried at each address. */
struct lead_trial {
	const char *host; /**< the name that is asked for */
	in_port_t port;   /**< LEAD_PORT; in the order of this machine's bytes */
	int timeout_ms;   /**< LEAD_TIMEOUT_MS */
	const unsigned char *digest;
};

/**
 * Connect to all at once and wait until each has ended.
 *
 * @return ERR_OK (every state is set), ERR_NO_MEMORY
 */
enum err lead_try(const struct lead_trial *trial, struct lead *leads, size_t count);

#endif
