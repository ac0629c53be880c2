/* SPDX-License-Identifier: ISC */
#ifndef EVIDENCE_FORGET_H
#define EVIDENCE_FORGET_H

/**
 * The end of a retirement: stop serving domains that nobody needs any more.
 *
 * Their history stays in the store, so no id is ever used twice, even if a domain comes back.
 *
 * Threads: the clerk's.
 */

#include "core/order.h"
#include "evidence/retirement.h"

/** What is to be forgotten. */
struct forget {
	const struct names *domains; /**< normalised, each once, known */
	bool force;                  /**< also what senders may still hold */
	const char *unread;          /**< the directory of domain files, if it was never read; or NULL */
	time_t since;                /**< when this run began, as for retirement_of() */
};

/** What was known of one domain. */
struct forgotten {
	enum retirement_state state;
	time_t safe_at; /**< as of struct retirement */
	bool forced;    /**< it was not safe */
	size_t others;  /**< domains that its record goes on serving, when all of them are forgotten */
};

/** One for each change, in the same order. */
struct forgotten_list {
	struct forgotten *item;
	size_t count;
	size_t forced;
};

/**
 * Forget domains, as order_run() does: all of them or none.
 *
 * Refused, unless forced, for a domain that is not safe to remove.  Refused in any case for a domain that a
 * file still names, and while the files were never read: the next reload would bring it back.
 *
 * @param complaints  why it is refused
 * @param[out] list  freed with forget_free()
 * @param[out] changes  freed with changes_free()
 * @return as order_run(), and ERR_NOT_FOUND (a domain is unknown), ERR_REFUSED (complained about; all of the
 * domains are tried)
 */
enum err forget_run(struct registry *registry, struct store *store, const struct order *order,
		    const struct forget *forget, struct complaints *complaints, struct forgotten_list *list,
		    struct changes **changes);

/** Free a list and leave it empty. */
void forget_free(struct forgotten_list *list);

#endif
