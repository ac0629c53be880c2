/* SPDX-License-Identifier: ISC */
#ifndef SERVE_CONNECTION_H
#define SERVE_CONNECTION_H

/**
 * One connection's way: a proxy's header, first TLS record, handshake, request, answer, goodbye; without the
 * first of these unless a proxy sent it, without the next two unless it is over TLS, and from the handshake
 * to the goodbye if that answers a challenge.  One request, whatever else the client sends.
 *
 * Threads: the worker's own.
 */

#include "certs/certs.h"
#include "certs/challenges.h"
#include "http/exchange.h"
#include "serve/counters.h"
#include "serve/deadlines.h"
#include "serve/entrance.h"
#include "serve/limits.h"
#include "serve/remarks.h"
#include "serve/stream.h"

/** The stretches of the way, and its end. */
enum phase {
	PHASE_PROXY,     /**< until the header of the proxy in front of us is there as a whole */
	PHASE_HELLO,     /**< until the first TLS record is there as a whole */
	PHASE_HANDSHAKE, /**< no session before its first step, so who waits for that is cheap */
	PHASE_PLAIN,     /**< without TLS: until the head of the request is there */
	PHASE_REQUEST,
	PHASE_ANSWER, /**< with close_notify */
	PHASE_LINGER, /**< our side is closed; until the client's is, so that it gets our last words */
	PHASE_END
};

/** What the connections of one worker share; outlives them. */
struct connection_tools {
	struct certs *certs;
	struct challenges *challenges; /**< NULL: there is never one */
	struct exchange *exchange;
	struct exchange *challenge_exchange; /**< of ENTRANCE_CHALLENGE; NULL: there is none */
	struct remarks *remarks;             /**< of the whole pool; NULL: nothing is said */
	struct counters *counters;           /**< of this worker */
	const struct limits *limits;
	char scratch[EXCHANGE_ANSWER_SIZE]; /**< for the time of one step */
};

/** One connection; connection_begin() fills it, connection_close() frees what it owns. */
struct connection {
	struct connection_tools *tools; /**< lent */
	struct in6_addr address;        /**< of the client, or of the proxy that has not named it */
	bool by_proxy;                  /**< a proxy sent a header */
	bool is_named;                  /**< and named its client in it */
	int fd;                         /**< non-blocking; owned */
	enum entrance_kind kind;        /**< where it came in */
	enum phase phase;
	struct stream stream; /**< with a session from the first step of the handshake to the half-close */
	bool is_challenge;    /**< a challenge was answered: by the handshake, then there is no request, or by
				 HTTP */
	bool flight_sent;     /**< our part of the handshake, up to where the client answers */
	struct text bytes;    /**< header, first record, request head: one at a time, as far as it is there */
	unsigned status;      /**< of the answer, and what its handler noted of it */
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
	bool tells_client;           /**< from its end on it is known whom the connection counts for */
	enum counter late_counter;   /**< when the deadline passes */
	const char *late;            /**< the same for the log; NULL: nothing to speak of */
};

/** The way, a row for each phase but the end. */
extern const struct connection_phase connection_phases[PHASE_END];

/**
 * Begin.
 *
 * @param fd  taken over
 * @param by_proxy  whether the first thing to come is a proxy's header
 * @param kind  of the entrance that it came to
 */
void connection_begin(struct connection *connection, struct connection_tools *tools,
		      const struct in6_addr *address, int fd, bool by_proxy, enum entrance_kind kind);

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
