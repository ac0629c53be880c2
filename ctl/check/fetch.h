/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_FETCH_H
#define CTL_CHECK_FETCH_H

/**
 * The policy as a sender fetches it (RFC 8461, section 3.3): HTTPS with a certificate that names the policy
 * host and nothing less than TLS 1.2, no redirect followed; but from an address that we choose.
 *
 * Threads: any; the fetches of one call belong to its thread.
 */

#include "base/text.h"

#include <netinet/in.h>
#include <time.h>

/** Where a policy host listens. */
#define FETCH_PORT 443

/** What senders are advised to allow: bytes (RFC 8461, section 3.3). */
#define FETCH_BYTES_MAX 65536

/** For one fetch altogether; senders give up after 2 to 60 seconds. */
#define FETCH_TIMEOUT_MS 10000

/** How a fetch ended. */
enum fetch_state {
	FETCH_ANSWERED = 1,  /**< with whatever status */
	FETCH_NO_ROUTE,      /**< this machine has no way to addresses of that family: nothing was tried */
	FETCH_NO_CONNECTION, /**< refused or unreachable */
	FETCH_SLOW,          /**< no whole answer in time */
	FETCH_NO_TLS,        /**< the handshake failed */
	FETCH_WRONG_NAME,    /**< the certificate does not name the policy host */
	FETCH_WRONG_TIME,    /**< the certificate has expired, or is not valid yet */
	FETCH_UNTRUSTED,     /**< the certificate does not lead to a CA that is trusted */
	FETCH_TOO_LARGE,     /**< over FETCH_BYTES_MAX */
	FETCH_BROKEN,        /**< the connection broke, or what came is no HTTP */
};

/** The size of a table that has a row for each. */
#define FETCH_STATES (FETCH_BROKEN + 1)

/** One fetch.  Zero-initialise, fill the first part, free with fetch_free(). */
struct fetch {
	const char *host;    /**< "mta-sts.example.org" */
	const char *address; /**< IPv4 or IPv6 */
	in_port_t port;      /**< FETCH_PORT; in the order of this machine's bytes */
	const char *ca;      /**< file of CA certificates to trust, too; NULL: those of the system only */

	enum fetch_state state;
	long status;                /**< of HTTP */
	char type[TEXT_SHOWN_SIZE]; /**< Content-Type; "" when there is none; escaped, like the next two */
	char location[TEXT_SHOWN_SIZE]; /**< of a redirect, else "" */
	char detail[TEXT_SHOWN_SIZE];   /**< of what failed, for people; may be "" */
	struct text body;
	uint64_t took_ms;             /**< from the connection to the end */
	time_t not_before, not_after; /**< of the certificate; 0: none was seen */
};

/**
 * Fetch all at once and wait until each has ended.
 *
 * @return ERR_OK (every state is set), ERR_NO_MEMORY
 */
enum err fetch_all(struct fetch *fetches, size_t count);

/** Free what the answers hold; fine to repeat. */
void fetch_free(struct fetch *fetches, size_t count);

#endif
