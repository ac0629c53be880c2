/* SPDX-License-Identifier: ISC */
#ifndef HTTP_VISIT_H
#define HTTP_VISIT_H

/**
 * One connection to a listener on its way: head, body, answer, and the rest of what the client still sends.
 *
 * Which status a request gets is decided when its head is there, by its target, its method and its peer; only
 * what a handler is going to answer has its body read.  Every request gets one answer at most, and the
 * connection ends with it.
 *
 * Threads: that of the listener.
 */

#include "http/chunks.h"
#include "http/errand.h"
#include "http/exchange.h"

/** Where a visit stands; when places are short the first of these go first. */
enum visit_phase {
	VISIT_LINGER, /**< answered; what still comes is thrown away, so that the answer is not lost over it
		       */
	VISIT_HEAD,
	VISIT_BODY,
	VISIT_ERRAND, /**< until the clerk has made its answer, or the next piece of it */
	VISIT_ANSWER, /**< until the client has taken it */
	VISIT_END     /**< to be closed */
};

/** What a visit works with, lent by its listener. */
struct visit_tools {
	struct errand_tools errand; /**< whose heard() is called with the visit */
	struct exchange *exchange;  /**< writes the heads of answers */
};

/** Zero-initialise but for the descriptor and the peer; freed with visit_close(). */
struct visit {
	int fd;
	struct peer peer;
	enum visit_phase phase; /* VISIT_HEAD to begin with */
	struct text bytes;      /* the head, then the body, as far as they have come */
	struct head head;
	char *target; /* owned */
	struct chunks chunks;
	bool has_ordered;        /* its answer may be that to an order that was done */
	bool in_pieces;          /* is its answer */
	bool is_whole;           /* nothing of the request is left to be read */
	struct errand *errand;   /* that has its answer, or NULL */
	struct answer refusal;   /* its answer otherwise */
	struct text answer_head; /* or what stands before a piece of it */
	size_t sent;             /* of these, and the body or the piece behind them */
	uint64_t told;           /* of the whole answer, bytes */
	uint64_t pieces;         /* of it that were taken, but for the first part */
};

/** Go on in its phase as far as one read or one write leads; the phase shows whether it has ended. */
void visit_step(struct visit *visit, const struct visit_tools *tools);

/**
 * End a visit early: with a 503 as far as it can be sent at once, unless it has had its answer, or a part of
 * it, or has ordered something.
 */
void visit_turn_away(struct visit *visit, const struct visit_tools *tools);

/** Tell whether a visit is being answered what may be an order that was done, and may not be told of it yet:
 * of an answer in pieces the first tells it. */
bool visit_has_ordered(const struct visit *visit);

/** Tell how many bytes of its request and its answer a visit holds. */
size_t visit_memory(const struct visit *visit);

/** Close the descriptor and free what the visit owns. */
void visit_close(struct visit *visit);

#endif
