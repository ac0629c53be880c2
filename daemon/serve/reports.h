/* SPDX-License-Identifier: ISC */
#ifndef SERVE_REPORTS_H
#define SERVE_REPORTS_H

/**
 * Log lines that strangers can cause, a few of each kind in a while and no more.
 *
 * Threads: one object a thread.
 */

#include "base/log.h"

#include <netinet/in.h>

/** Kinds of lines; a flood of one does not hide the others. */
enum report {
	REPORT_REFUSED,   /**< not let in */
	REPORT_CROWDED,   /**< had to go to make room */
	REPORT_HANDSHAKE, /**< failed at the handshake */
	REPORT_LATE,      /**< a deadline has passed */
	REPORT_ACCEPT,    /**< no connection can be accepted */
	REPORT_COUNT
};

/** Zero-initialise. */
struct reports {
	struct log_limit limit[REPORT_COUNT];
};

/**
 * Log what happened to a connection, "connection 192.0.2.1, event (reason)", unless there were too many such
 * lines.
 */
void reports_connection(struct reports *reports, enum report kind, const struct in6_addr *address,
			const char *event, const char *reason);

/** The same for something that concerns all of them, "subject, event (reason)". */
void reports_line(struct reports *reports, enum report kind, const char *subject, const char *event,
		  const char *reason);

#endif
