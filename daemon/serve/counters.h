/* SPDX-License-Identifier: ISC */
#ifndef SERVE_COUNTERS_H
#define SERVE_COUNTERS_H

/**
 * What has happened to connections since the start, counted.
 *
 * Threads: one object a worker, who alone adds to it; counters_add_to() from any thread.
 */

#include "tls/failure.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/** What is counted; counters_table has a row for each, in this order. */
enum counter {
	COUNTER_ACCEPTED,
	COUNTER_TLS_1_2, /**< handshakes that succeeded */
	COUNTER_TLS_1_3,
	COUNTER_FAILED, /**< handshakes that did not, the first of one a reason: see counters_failure() */
	COUNTER_FAILED_LAST = COUNTER_FAILED + FAILURE_COUNT - 1,
	COUNTER_CHALLENGE, /**< handshakes that answered a challenge, among those that succeeded */
	COUNTER_PLAIN,     /**< connections without TLS, among those accepted */
	COUNTER_CHALLENGE_CONNECTIONS, /**< at entrances for challenges, among those accepted */
	COUNTER_CHALLENGE_ANSWERED,    /**< requests there: for an open challenge, and others */
	COUNTER_CHALLENGE_REFUSED,
	COUNTER_PROXY_CLIENT, /**< headers of proxies, by what they said */
	COUNTER_PROXY_NONE,
	COUNTER_PROXY_MALFORMED,
	COUNTER_STATUS_200, /**< requests answered; see counters_status() */
	COUNTER_STATUS_400,
	COUNTER_STATUS_404,
	COUNTER_STATUS_405,
	COUNTER_STATUS_414,
	COUNTER_STATUS_421,
	COUNTER_STATUS_431,
	COUNTER_STATUS_501,
	COUNTER_STATUS_505,
	COUNTER_STATUS_OTHER,
	COUNTER_UNANSWERED, /**< requests for whose answer the system lacked something */
	COUNTER_LATE_PROXY, /**< closed by deadline; connection_phases says which phase counts where */
	COUNTER_LATE_HELLO,
	COUNTER_LATE_HANDSHAKE,
	COUNTER_LATE_REQUEST,
	COUNTER_LATE_ANSWER,
	COUNTER_LATE_LINGER,
	COUNTER_GONE_PROXY, /**< the client ended the connection; in the handshake it counts as a failure */
	COUNTER_GONE_HELLO,
	COUNTER_GONE_REQUEST,
	COUNTER_GONE_ANSWER,
	COUNTER_REFUSED_CLIENT, /**< not let in: the client has too many */
	COUNTER_REFUSED_CONNECTIONS,
	COUNTER_REFUSED_MEMORY,
	COUNTER_REFUSED_SYSTEM,
	COUNTER_CROWDED_CONNECTIONS, /**< closed in the handshake to make room */
	COUNTER_CROWDED_MEMORY,
	COUNTER_RECEIVED, /**< bytes */
	COUNTER_SENT,
};

/** The size of a table that has a row for each. */
#define COUNTER_COUNT (COUNTER_SENT + 1)

/** How a counter is shown: rows of one family stand together and differ in the value of their label. */
struct counter_row {
	const char *family; /**< "https_connections_total", without the program's name before it */
	const char *help;   /**< one sentence */
	const char *label;  /**< NULL: none */
	const char *value;
};

/** What there is to count, a row for each. */
extern const struct counter_row counters_table[COUNTER_COUNT];

/** Zero-initialise. */
struct counters {
	atomic_uint_least64_t count[COUNTER_COUNT];
};

/** Count some more. */
void counters_add(struct counters *counters, enum counter counter, uint64_t more);

/** Add what is counted to totals. */
void counters_add_to(const struct counters *counters, uint64_t totals[COUNTER_COUNT]);

/** The counter of handshakes that failed for a reason. */
enum counter counters_failure(enum failure failure);

/** The counter of requests that were answered with a status. */
enum counter counters_status(unsigned status);

#endif
