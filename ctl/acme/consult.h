/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_CONSULT_H
#define CTL_ACME_CONSULT_H

/**
 * An authority asked when its certificates should be renewed (RFC 9773), which requires no account.
 *
 * Threads: any, one object a thread.
 */

#include "base/text.h"
#include "ctl/acme/advice.h"

#include <stdint.h>

/** So many certificates are asked about at most in one run, and so long, seconds. */
#define CONSULT_MOST    1000
#define CONSULT_SECONDS 60

/** What came of it. */
struct consulted {
	size_t asked;              /**< requests that were sent */
	size_t useless;            /**< answers that suggest nothing that makes sense */
	bool is_cut_off;           /**< the authority is not asked any more before advice->rest_until */
	char why[TEXT_SHOWN_SIZE]; /**< of the first that was useless, or what cut it off; in one line,
				      escaped */
};

/**
 * Ask about those whose turn it is, the one with the oldest answer first, over one connection, by https alone
 * and without a redirect, and enter the answers.
 *
 * Each is asked about again when the authority says, between a minute and a day later; after half a day when
 * it does not.  One that gives no answer, or asks to wait, is left alone for an hour, or as long as it asks.
 *
 * @param url  of the renewalInfo resource
 * @return ERR_OK, ERR_NO_MEMORY (what was answered before is entered)
 */
enum err consult_ask(const char *url, struct advice *advice, struct consulted *consulted);

#endif
