/* SPDX-License-Identifier: ISC */
#ifndef API_ORDERING_H
#define API_ORDERING_H

/**
 * How the ordering of a certificate stands: what the program that orders certificates reports to the daemon,
 * and what both say of it.
 *
 * A round is one run of that program over all domains whose certificates are due.
 *
 * Threads: any.
 */

#include "base/err.h"

#include <stdbool.h>

/** What keeps a domain's certificate, the worst first: what somebody has to act on comes before what takes
 * care of itself. */
enum ordering_state {
	ORDERING_FAILED = 1, /**< the last order failed; detail: the authority's words; at: the next try */
	ORDERING_FORBIDDEN,  /**< a CAA record forbids it (RFC 8659); detail: the record, and where it is */
	ORDERING_ELSEWHERE,  /**< an address leads to another server; detail: which */
	ORDERING_NO_ADDRESS, /**< the policy host has no address; detail: which servers say so */
	ORDERING_UNREACHED,  /**< no connection to port 443 of an address; detail: which */
	ORDERING_UNKNOWN,    /**< DNS did not answer; detail: what it said instead */
	ORDERING_LIMITED,    /**< a limit of the authority is met; detail: which; at: until when */
	ORDERING_DUE,        /**< it waits for its turn; at: when that is */
};

/** The size of a table that has a row for each. */
#define ORDERING_STATE_COUNT (ORDERING_DUE + 1)

/** Why a round ordered nothing at all. */
enum ordering_problem {
	ORDERING_NO_ACCOUNT = 1,   /**< nobody has agreed to the terms of an authority yet */
	ORDERING_ACCOUNT,          /**< the directory of the account cannot be used */
	ORDERING_UACME,            /**< uacme is not installed, or does not run */
	ORDERING_LEDGER,           /**< the ledger of orders cannot be read or written */
	ORDERING_AUTHORITY_SILENT, /**< the authority's directory cannot be fetched */
	ORDERING_OTHER,            /**< anything else: detail says it */
};

/** The size of a table that has a row for each. */
#define ORDERING_PROBLEM_COUNT (ORDERING_OTHER + 1)

/** A state in a word for tables and JSON: "failed", "no_address". */
const char *ordering_state_text(enum ordering_state state);

/** What it means, in a few words for people: "the policy host has no address". */
const char *ordering_state_words(enum ordering_state state);

/** Tell whether somebody has to act on it: it does not end by itself. */
bool ordering_state_fails(enum ordering_state state);

/** Tell whether it was found by looking before ordering, so that no order was sent. */
bool ordering_state_holds(enum ordering_state state);

/** Read what ordering_state_text() writes.  Returns ERR_OK, ERR_SYNTAX. */
enum err ordering_state_parse(const char *text, enum ordering_state *state);

/** A problem in a word for JSON: "no_account". */
const char *ordering_problem_text(enum ordering_problem problem);

/** What it means, in a few words for people. */
const char *ordering_problem_words(enum ordering_problem problem);

/** Read what ordering_problem_text() writes.  Returns ERR_OK, ERR_SYNTAX. */
enum err ordering_problem_parse(const char *text, enum ordering_problem *problem);

#endif
