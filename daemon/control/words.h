/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_WORDS_H
#define CONTROL_WORDS_H

/**
 * Retirement and DNS in words for people; every client shows the same.
 *
 * Threads: the clerk's.
 */

#include "core/reload.h"
#include "evidence/retirement.h"

/**
 * Say what the last look into DNS showed: "right at every server", "old id still at ns2.example.net".
 *
 * @return ERR_OK, ERR_STORE (cause logged), ERR_NO_MEMORY
 */
enum err words_dns(const struct host *host, const char *domain, struct text *text);

/**
 * Say where a domain stands.
 *
 * @return as words_dns()
 */
enum err words_state(const struct host *host, const char *domain, const struct retirement *retirement,
		     struct text *text);

/** What to do next, as a program needs it. */
struct words_action {
	const char *action;  /**< a code: "publish_record", ... (mta-stsd-api(7)) */
	const char *command; /**< of mta-stsctl, to be run then, or NULL */
	bool names_domain;   /**< the command names the domain */
};

/** What to do next; the same as words_next() says. */
struct words_action words_action(const struct domain *domain, const struct retirement *retirement);

/** Say what to do next, in one sentence.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err words_next(const struct host *host, const struct domain *domain, const struct retirement *retirement,
		    struct text *text);

#endif
