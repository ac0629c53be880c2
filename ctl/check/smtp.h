/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_SMTP_H
#define CTL_CHECK_SMTP_H

/**
 * The beginning of a delivery as a sender makes it that honours a policy of mode enforce (RFC 8461, section
 * 4.2): EHLO, STARTTLS (RFC 3207), and a certificate that names the MX and leads to a CA that is trusted.  No
 * mail is sent: what follows is QUIT.
 *
 * Threads: any; the probes of one call belong to its thread.
 */

#include "base/text.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <time.h>

/** Where mail is delivered. */
#define SMTP_PORT 25

/** For one probe altogether: longer than greetings are usually held back, though senders wait for minutes
 * (RFC 5321, section 4.5.3.2). */
#define SMTP_TIMEOUT_MS 20000

/** How a probe ended. */
enum smtp_state {
	SMTP_SECURE = 1,    /**< as a sender wants it to be */
	SMTP_NOT_TRIED,     /**< since nothing that was tried before could be reached */
	SMTP_NO_ROUTE,      /**< this machine has no way to addresses of that family: nothing was tried */
	SMTP_NO_CONNECTION, /**< refused, unreachable, or no answer to that */
	SMTP_SLOW,          /**< connected, and not done in time */
	SMTP_REFUSED,       /**< it does not want to talk to us: see reply */
	SMTP_NO_STARTTLS,   /**< not offered, or refused: see reply */
	SMTP_NO_TLS,        /**< the handshake failed */
	SMTP_WRONG_NAME,    /**< the certificate does not name the MX */
	SMTP_WRONG_TIME,    /**< the certificate has expired, or is not valid yet */
	SMTP_UNTRUSTED,     /**< the certificate does not lead to a CA that is trusted */
	SMTP_BROKEN,        /**< the connection broke, or what came is no SMTP */
};

/** The size of a table that has a row for each. */
#define SMTP_STATES (SMTP_BROKEN + 1)

/** One probe.  Zero-initialise and fill the first part. */
struct smtp_probe {
	const char *host;    /**< as the MX record names it */
	const char *address; /**< IPv4 or IPv6 */
	in_port_t port;      /**< SMTP_PORT; in the order of this machine's bytes */
	const char *ca; /**< file of CA certificates to trust instead of the system's; NULL: the system's */

	enum smtp_state state;
	long reply;                   /**< code of the last one; 0: there was none */
	char detail[TEXT_SHOWN_SIZE]; /**< of what failed, for people, escaped; may be "" */
	time_t not_before, not_after; /**< of the certificate; 0: none was seen */
};

/** Tell whether there was a connection. */
bool smtp_is_reached(enum smtp_state state);

/**
 * Probe all at once, but each address once at a time, and wait until each has ended.
 *
 * @return ERR_OK (every state is set), ERR_NO_MEMORY
 */
enum err smtp_probe_all(struct smtp_probe *probes, size_t count);

#endif
