/* SPDX-License-Identifier: ISC */
#ifndef SERVE_CONNECTION_H
#define SERVE_CONNECTION_H

/**
 * One connection's way: first TLS record, handshake, request, answer, goodbye.  One request, whatever else
 * the client sends.
 *
 * Threads: the worker's own.
 */

#include "certs/certs.h"
#include "http/exchange.h"
#include "serve/counters.h"
#include "serve/deadlines.h"
#include "serve/limits.h"
#include "serve/remarks.h"

struct session;

/** The stretches of the way, and its end. */
enum phase {
	PHASE_HELLO,     /**< until the first TLS record is there as a whole */
	PHASE_HANDSHAKE, /**< no session before its first step, so who waits for that is cheap */
	PHASE_REQUEST,
	PHASE_ANSWER, /**< with close_notify */
	PHASE_LINGER, /**< our side is closed; until the client's is, so that it gets our last words */
	PHASE_END
};

/** What the connections of one worker share; outlives them. */
struct connection_tools {
	struct certs *certs;
	struct exchange *exchange;
	struct remarks *remarks;   /**< of the whole pool; NULL: nothing is said */
	struct counters *counters; /**< of this worker */
	const struct limits *limits;
	char scratch[EXCHANGE_ANSWER_SIZE]; /**< for the time of one step */
};

/** One connection; zero-initialise, name the first four, free what it owns with connection_close(). */
struct connection {
	struct connection_tools *tools; /**< lent */
	struct in6_addr address;
	int fd; /**< non-blocking; owned */
	enum phase phase;
	struct session *session; /**< from the first step of the handshake to the half-close */
	bool flight_sent;        /**< our part of the handshake, up to where the client answers */
	struct text bytes;       /**< the first record, then the request head, as far as they are there */
	unsigned status;         /**< of the answer, and what its handler noted of it */
	char note[ROUTES_NOTE_SIZE];
	size_t discarded; /**< bytes thrown away while lingering */
};

/** One row of the table of phases. */
struct connection_phase {
	/**
	 * Go as far as the socket allows; returns where the connection then is: in the same phase to wait.
	 */
	enum phase (*step)(struct connection *connection);
	enum deadline_kind deadline; /**< goes on from one phase to the next of the same kind */
	bool is_costly;              /**< a step may take a signature: clients take turns */
	const char *late;            /**< for the log when the deadline passes; NULL: nothing to speak of */
};

/** The way, a row for each phase but the end. */
extern const struct connection_phase connection_phases[PHASE_END];

/**
 * The memory that a connection counts for, bytes: its buffers, and for a TLS session what one takes at most
 * while it waits for its client (tests/bench measures it).  What the kernel keeps comes on top.
 */
uint64_t connection_memory(const struct connection *connection);

/** Tell whether a connection waits for room in its socket, too. */
bool connection_wants_write(const struct connection *connection);

/** Close the socket and free what the connection owns. */
void connection_close(struct connection *connection);

#endif
