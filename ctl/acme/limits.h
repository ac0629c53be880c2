/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_LIMITS_H
#define CTL_ACME_LIMITS_H

/**
 * The certificate authorities that are known, and what each allows one account.
 *
 * Threads: any.
 */

#include <stddef.h>
#include <time.h>

/** What limits an order, in the order in which it is asked. */
enum limit {
	LIMIT_NONE,     /**< nothing */
	LIMIT_ASKED,    /**< the authority asked to wait: Retry-After (RFC 8555, section 6.6) */
	LIMIT_OPEN,     /**< orders that have no result yet */
	LIMIT_ORDERS,   /**< new certificates of the account */
	LIMIT_RENEWALS, /**< renewals of the account, where these are limited, too */
	LIMIT_DOMAIN,   /**< new certificates of one registered domain */
	LIMIT_ISSUED,   /**< certificates for exactly the same names */
	LIMIT_FAILED,   /**< failed validations of one name */
};

/** The size of a table that has a row for each. */
#define LIMIT_COUNT (LIMIT_FAILED + 1)

/** So many within so long, seconds; most is 0 where there is no limit. */
struct limits_rate {
	unsigned most;
	time_t seconds;
};

/** One row of the table of authorities. */
struct limits {
	const char *name;   /**< in words */
	const char *prefix; /**< of its directory's URL; "": any other authority */
	const char *maker;  /**< of its certificates (ctl/acme/maker.h); NULL: not known from here */
	struct limits_rate limit[LIMIT_COUNT];
};

/** The authorities that are known, the one for all others last. */
extern const struct limits limits_table[];

/** How many there are. */
extern const size_t limits_count;

/** The row for a directory's URL; never NULL. */
const struct limits *limits_of(const char *directory);

/** A limit in words, such as "the authority asked to wait"; never NULL. */
const char *limits_text(enum limit limit);

/** The same as a code for programs, mta-stsctl(1); never NULL. */
const char *limits_code(enum limit limit);

#endif
