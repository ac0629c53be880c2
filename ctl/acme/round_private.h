/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_ROUND_PRIVATE_H
#define CTL_ACME_ROUND_PRIVATE_H

/**
 * What a round of orders has, and how it begins: each name is offered to the authority that it is to be
 * ordered at.
 *
 * Threads: the main thread only.
 */

#include "ctl/acme/obtain_private.h"

/** A round. */
struct round {
	struct obtaining obtaining;
	struct inventory inventory;
	uint64_t until_ms;             /**< by the clock that nobody sets: no order begins after that */
	time_t until;                  /**< the same by the other one */
	uint64_t held_back_ms;         /**< spent on looking at those that are held back */
	size_t left_back;              /**< of those, how many were not looked at again */
	time_t next;                   /**< when something is due that is not yet; 0: nothing is */
	size_t turn;                   /**< the authority whose turn is next */
	bool is_over;                  /**< no more is ordered, for a reason that was printed */
	bool is_unwritten;             /**< nor since a ledger cannot be written */
	enum ordering_problem problem; /**< what keeps orders that are due; 0: nothing */
	const char *why;               /**< about that, escaped; NULL: nothing is known */
	enum run_status looked;        /**< RUN_DONE, or looking before ordering failed, which was printed */
	enum err told;                 /**< ERR_OK, or what happened to what is printed of an order */
	struct obtained *item;
	size_t count, capacity;
};

/**
 * Offer each domain to the plan of its authority, and ask those that have a plan, and with --agree all,
 * whether orders can be sent there; what would have been ordered at one that fails is offered to others, as
 * far as it does not have to wait for it.
 *
 * @return RUN_DONE (some can be sent, or none is due), or why none can (said why)
 */
enum run_status round_offer(struct round *round);

/**
 * Offer a domain that CAA keeps from one authority to the next one that may order it now.
 *
 * @param[out] is_offered  whether there is one
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err round_pass_on(struct round *round, const char *domain, size_t from, bool *is_offered);

/** The index of an authority. */
size_t round_index(const struct round *round, const struct authority *at);

/** What is to become of a domain that is due. */
struct obtained round_begin_item(const struct round *round, const struct authority *at,
				 const struct plan_item *due);

/** Take over what became of one, and print it.  Returns ERR_OK, ERR_NO_MEMORY (it is not taken over). */
enum err round_put_item(struct round *round, const struct obtained *taken);

/**
 * Look whether the order of the next name of an authority can succeed, and at the same time those of more:
 * those that can go back to its plan, and may be taken then.  As long as many are held back, chance decides
 * which of them are looked at again.
 *
 * @param first  taken from the plan
 * @return ERR_OK (looked tells whether it could be looked at), ERR_NO_MEMORY
 */
enum err round_look(struct round *round, struct authority *at, const struct plan_item *first);

/** Tell whether a certificate for the domain is there that is only to be installed. */
bool round_is_kept(const struct round *round, const char *domain);

/** When something can be ordered that cannot now; 0: not known, or nothing is to come. */
time_t round_next(const struct round *round);

#endif
