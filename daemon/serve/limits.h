/* SPDX-License-Identifier: ISC */
#ifndef SERVE_LIMITS_H
#define SERVE_LIMITS_H

/**
 * What no client can go beyond.
 */

#include <stdbool.h>
#include <stdint.h>

/**
 * How much a pool of workers serves, and how long.  After its answer a client has two more seconds to close
 * its side.
 */
struct limits {
	unsigned workers;         /**< threads, 1 ... */
	unsigned max_connections; /**< of the whole pool; see connections_open() for moments with more */
	unsigned max_connections_per_client; /**< of one IPv4 address or IPv6 /64 */
	uint64_t max_memory;    /**< bytes that connections hold, as connection_memory() counts them */
	unsigned max_log_lines; /**< in ten seconds, of each kind of line that strangers can cause, 1 ... */
	bool log_answers;       /**< a line for each: see remarks_answer() */
	bool log_whole_addresses;
	uint64_t handshake_timeout_ms; /**< from accept to the end of the handshake, or without TLS of the
					  request */
	uint64_t request_timeout_ms;   /**< from there to the end of the request head */
	uint64_t response_timeout_ms;  /**< from there until the answer is with the kernel */
};

#endif
