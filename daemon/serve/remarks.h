/* SPDX-License-Identifier: ISC */
#ifndef SERVE_REMARKS_H
#define SERVE_REMARKS_H

/**
 * What the log says of connections: a few lines in a while of each kind that strangers can cause, and the
 * access log, one line for each answer that has gone out.
 *
 *   connection 192.0.2.1, refused (all places are taken)
 *   fetch, answered (domain=example.org status=200 id=20261123180000 tls=1.3 client=192.0.2.0/24)
 *   challenge, answered (domain=example.org tls=1.3 client=192.0.2.0/24)
 *
 * Threads: any, on one object that all workers share.
 */

#include "base/err.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/** Kinds of lines; a flood of one does not hide the others. */
enum remark {
	REMARK_REFUSED,   /**< not let in */
	REMARK_CROWDED,   /**< had to go to make room */
	REMARK_PROXY,     /**< a header that is missing, malformed, or of somebody else */
	REMARK_HANDSHAKE, /**< failed at the handshake */
	REMARK_LATE,      /**< a deadline has passed */
	REMARK_ACCEPT,    /**< no connection can be accepted */
};

/** The size of a table that has a row for each. */
#define REMARK_COUNT (REMARK_ACCEPT + 1)

struct remarks;

/**
 * @param max_lines  of each kind in ten seconds, 1 ...
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err remarks_new(unsigned max_lines, struct remarks **remarks);

/** Free it; NULL inside is fine. */
void remarks_free(struct remarks **remarks);

/**
 * Log what happened to a connection, "connection 192.0.2.1, event (reason)", unless there were too many such
 * lines.
 *
 * @param remarks  NULL: nothing is said
 */
void remarks_connection(struct remarks *remarks, enum remark kind, const struct in6_addr *address,
			const char *event, const char *reason);

/** The same for something that concerns all of them, "subject, event (reason)". */
void remarks_line(struct remarks *remarks, enum remark kind, const char *subject, const char *event,
		  const char *reason);

/** Lines that were left out since the start. */
uint64_t remarks_left_out(struct remarks *remarks);

/** What a line of the access log tells; all of it lent. */
struct remarks_access {
	const struct in6_addr *address; /**< as clients_address() makes it */
	const char *host;               /**< that the client asked TLS for, normalised */
	const char *tls;                /**< version, "1.3"; "-" without TLS */
	unsigned status;                /**< of HTTP */
	const char *note;               /**< as struct answer has it: the id of the revision, or "" */
};

/**
 * Write a line of the access log.  What does not apply is "-".
 *
 * @param whole  whether to write the whole address, and not the /24 of an IPv4 address or the /48 of an IPv6
 * address
 */
void remarks_answer(const struct remarks_access *access, bool whole);

/** The same for a handshake that answered a challenge of a certificate authority; without a status. */
void remarks_challenge(const struct remarks_access *access, bool whole);

#endif
