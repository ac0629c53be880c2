/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_OUTLOOK_H
#define CTL_ACME_OUTLOOK_H

/**
 * What would be ordered of each domain, when and why: the decision for one name, and how that is printed.
 *
 * Threads: the main thread only.
 */

#include "base/text.h"
#include "ctl/acme/inventory.h"
#include "ctl/acme/plan.h"

/** One name; strings are those of the inventory. */
struct outlook {
	struct plan_item item;
	const char *domain;           /**< the policy domain; that of the item is the registered one */
	time_t at;                    /**< when it can be ordered at the earliest, or now */
	enum ordering_state held;     /**< what the last look before ordering found; 0: nothing */
	enum ordering_problem barred; /**< what keeps orders from the authority; 0: nothing that is known */
	enum limit limit;             /**< what keeps it until then; LIMIT_NONE: it is not due before */
	const char *asked; /**< where the authority explains why it asks for it, escaped; NULL: nowhere */
	size_t authority;  /**< at which of several it is ordered */
	const char *where; /**< the name of that one; NULL: there is only one */
};

/** What an order for a name is to the authority: ENTRY_NEW or ENTRY_RENEWAL. */
enum entry_what outlook_what(const struct inventory_item *has);

/** What is known of a name for ctl/acme/due.h: failures that a certificate followed do not count. */
struct due_name outlook_facts(const struct inventory_item *has, const struct budget *budget, time_t now);

/** Decide for one name, at one authority. */
struct outlook outlook_of(const struct inventory_item *has, const struct budget *budget, time_t now,
			  uint64_t seed);

/** Sort by the time, and what can be ordered at the same time by its urgency and name. */
void outlook_sort(struct outlook *all, size_t count);

/** Room for a reason, an address where it is explained, and what stands between them. */
#define OUTLOOK_WHY_SIZE (2 * TEXT_SHOWN_SIZE)

/** Tell why it is due, and where the authority explains that; out is written to where it is needed. */
const char *outlook_why(const struct outlook *outlook, char out[OUTLOOK_WHY_SIZE]);

/** Print a table of them.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err outlook_print(FILE *out, const struct outlook *all, size_t count, time_t now);

/** Print that nothing is ordered now, and when something is; 0: nothing will be. */
void outlook_print_next(FILE *out, time_t next);

/** Print all as JSON.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err outlook_print_json(FILE *out, const struct outlook *all, size_t count);

#endif
