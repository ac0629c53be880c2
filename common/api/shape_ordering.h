/* SPDX-License-Identifier: ISC */
#ifndef API_SHAPE_ORDERING_H
#define API_SHAPE_ORDERING_H

/**
 * What the program that orders certificates reports, and what the control API shows of it, mta-stsd-api(7);
 * api/ordering.h has the words.
 *
 * Threads: any, one object a thread.
 */

#include "api/shape.h"

/** Most rows of a report, and most bytes of a detail. */
#define API_ORDERS_MAX       1000
#define API_ORDER_DETAIL_MAX ((size_t)400)

/** Longest body of a request by certifiers, bytes: chain and key, as long as they may be, and what JSON adds.
 */
#define API_CERTIFY_BODY_MAX ((size_t)256 << 10)

/** What keeps the certificate of one domain; in reports as in answers. */
struct api_certificate_order {
	const char *domain; /**< NULL: nothing is known */
	const char *state;  /**< ordering_state_text() */
	char at[SHAPE_TIME_SIZE];
	const char *detail;
};

/** How a round went, of a report. */
struct api_round {
	const char *problem; /**< ordering_problem_text(); NULL: none */
	const char *detail;
	char next[SHAPE_TIME_SIZE]; /**< when the next one begins, or an order is possible again */
};

/** The answer to a report. */
struct api_orders_kept {
	json_int_t kept; /**< rows of domains that are served */
};

/** The ordering of certificates as a whole, of the status. */
struct api_ordering {
	char reported[SHAPE_TIME_SIZE]; /**< when the last round was reported; "": not since the start */
	const char *problem;            /**< as of struct api_round, of that round */
	const char *detail;
	char next[SHAPE_TIME_SIZE];
	json_t *states;  /**< how many domains are in each; NULL: an older daemon, which knows none of this */
	json_t *domains; /**< shape_certificate_order, the worst few */
};

extern const struct shape shape_certificate_order, shape_round, shape_orders_kept, shape_ordering;

/** The body of a report: "round" is shape_round, or missing; "orders" an array of shape_certificate_order.
 */
extern const struct shape shape_orders_body;

#endif
