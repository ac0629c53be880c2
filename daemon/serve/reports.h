/* SPDX-License-Identifier: ISC */
#ifndef SERVE_REPORTS_H
#define SERVE_REPORTS_H

/**
 * Log lines that strangers can cause, a few of each kind in a while and no more.
 *
 * Threads: any, on one object that all workers share.
 */

#include "base/err.h"

#include <netinet/in.h>
#include <stdint.h>

/** Kinds of lines; a flood of one does not hide the others. */
enum report {
	REPORT_REFUSED,   /**< not let in */
	REPORT_CROWDED,   /**< had to go to make room */
	REPORT_HANDSHAKE, /**< failed at the handshake */
	REPORT_LATE,      /**< a deadline has passed */
	REPORT_ACCEPT,    /**< no connection can be accepted */
	REPORT_COUNT
};

struct reports;

/**
 * @param max_lines  of each kind in ten seconds, 1 ...
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err reports_new(unsigned max_lines, struct reports **reports);

/** Free it; NULL inside is fine. */
void reports_free(struct reports **reports);

/**
 * Log what happened to a connection, "connection 192.0.2.1, event (reason)", unless there were too many such
 * lines.
 */
void reports_connection(struct reports *reports, enum report kind, const struct in6_addr *address,
			const char *event, const char *reason);

/** The same for something that concerns all of them, "subject, event (reason)". */
void reports_line(struct reports *reports, enum report kind, const char *subject, const char *event,
		  const char *reason);

/** Lines that were left out since the start. */
uint64_t reports_left_out(struct reports *reports);

#endif
