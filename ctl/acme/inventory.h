/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_INVENTORY_H
#define CTL_ACME_INVENTORY_H

/**
 * Every domain that has to have a certificate here, and the one that it has, as the daemon tells.
 *
 * Threads: the main thread only.
 */

#include "api/ordering.h"
#include "ctl/acme/budget.h"
#include "ctl/acme/window.h"
#include "ctl/cli/view.h"
#include "policy/policy.h"

#include <time.h>

/**
 * One domain, and the certificate that counts.
 *
 * One that was made for a trial, by another authority than those that may be asked, counts as none: no sender
 * trusts it, and it must not keep a real one from being ordered; where another program renews it, it is left
 * to that.  One that another real authority has made is as good as one of this: it stays until it has to be
 * renewed, and that is a new order then.
 *
 * The one that counts is: of those that no sender refuses and that are valid now or
 * were, one that is valid before one that is not, then one that was brought over the control socket before
 * one that another program renews and that is used, then the one that expires last, of whatever kind of key.
 */
struct inventory_item {
	char *host;         /**< the policy host; it ends in the domain */
	const char *domain; /**< that part of it */
	enum mode mode;     /**< of its published policy */
	time_t not_before;
	time_t not_after; /**< 0: it has none */
	bool is_foreign;  /**< it was not installed over the control socket: another program renews it */
	enum ordering_state held; /**< what the last look before ordering found; 0: nothing that is known */
	bool is_alone;            /**< it has the domain's policy host for its only name */
	unsigned own;             /**< bit I: another one in its place is a renewal for the authority I */
	bool is_own;      /**< the same for the one that is asked; what is asked for has it for the first */
	time_t made;      /**< when another authority has made it; 0: not known, or none did */
	char *renewal_id; /**< by which the authority knows it; NULL: not known, or it is none of its own */
	const struct window *window; /**< when the authority suggests to renew it; NULL: nothing is known */
};

/** Zero-initialise; freed with inventory_free(). */
struct inventory {
	const struct budget *const *budgets; /* of the authorities that may be asked */
	size_t authorities;
	struct inventory_item *item; /* in the order of strcmp() */
	size_t count;
	size_t capacity;
	enum err err; /* what was wrong with a row */
};

/**
 * Ask for all of them.  Domains whose TLS may end elsewhere are left out.
 *
 * The answers are taken row by row: what is held of each domain is what stands above.
 *
 * @param budgets  of the authorities that may be asked: they tell which certificates those have made
 * @param authorities  how many there are
 * @param[out] inventory  to be freed in any case
 * @return RUN_DONE, RUN_NOT_DONE (said why)
 */
enum run_status inventory_ask(const struct run_view *view, const struct budget *const budgets[],
			      size_t authorities, struct inventory *inventory);

/** Find one by its domain, or NULL. */
struct inventory_item *inventory_find(const struct inventory *inventory, const char *domain);

/** Free them and leave none. */
void inventory_free(struct inventory *inventory);

#endif
