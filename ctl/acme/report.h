/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_REPORT_H
#define CTL_ACME_REPORT_H

/**
 * What a round of orders came to, reported to the daemon, so that whoever looks is told what keeps each
 * certificate.
 *
 * Threads: the main thread only.
 */

#include "api/ordering.h"
#include "api/shape_ordering.h"
#include "ctl/acme/authorities.h"
#include "ctl/acme/obtained.h"

/** A round; all of it is lent. */
struct report {
	enum ordering_problem problem; /**< why nothing could be ordered; 0: nothing was in the way */
	const char *detail;            /**< of the problem, escaped; may be NULL */
	time_t next;                   /**< when the next order is due; 0: not known, or none is */
	const struct inventory *inventory;
	const struct authorities *authorities;
	uint64_t seed;
	const struct obtained *item; /**< what was tried in this round */
	size_t count;
};

/** One row of it.  Without a state the domain has what it needs, or what was reported of it before holds. */
struct report_row {
	enum ordering_state state;
	time_t at;                             /**< 0: not known */
	char detail[API_ORDER_DETAIL_MAX + 1]; /**< escaped; "": none is known */
};

/** Tell what keeps the certificate of one domain. */
struct report_row report_row_of(const struct report *report, const struct inventory_item *has, time_t now);

/**
 * Send it, in as many pieces as it needs.  A daemon of a version that takes none is not complained about.
 *
 * @return RUN_DONE, RUN_NOT_DONE (said why; what came before is with the daemon)
 */
enum run_status report_send(const struct run_view *view, const struct report *report);

#endif
