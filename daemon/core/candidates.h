/* SPDX-License-Identifier: ISC */
#ifndef CORE_CANDIDATES_H
#define CORE_CANDIDATES_H

/**
 * The domains that a load of the files has to look at.
 *
 * What a load makes of a domain follows from what the files say of it and from what the live set holds of it
 * (its revision, its switch, where it is declared to be, what of it is damaged): from the store only if that
 * asks for a new revision, or draws a complaint.  After a load that was done each domain is as its file
 * wishes, or its wish was refused, and doing it again would change nothing.  So it stays until one of these
 * happens, and whatever they happen to is a candidate:
 * - the files say something else of it, or as often as before but at another place: config/domains.h tells;
 * - an order has published it or switched it, or the store was read anew, at the start, after a restore or
 * when it was in doubt: the registry bears MARK_LOOSE in mind until the domain is joined with the files
 * again;
 * - its wish was complained about or refused: what is told must be told again, and may have become right,
 * since ids that are used come and go with other domains of its record;
 * - no file names it that can be used: whether its file is refused or gone does not show in what files say.
 * Before the first load that is done every domain is one.
 *
 * Threads: the clerk's.
 */

#include "core/registry.h"

/** One of them. */
struct candidate {
	const char *name;        /**< lent by the registry, or by the older or newer set of files */
	struct said_entry entry; /**< what the newer set says */
	bool again;              /**< what the files wish of it has to be worked out */
	bool refused;            /**< it was, and is not used; set by whoever does it */
};

/** By name; zero-initialise. */
struct candidates {
	struct candidate *item;
	size_t count;
};

/**
 * Find them.
 *
 * @param before  what was joined last; NULL: nothing ever was
 * @param told  domains that were complained about then, sorted
 * @param candidates  an empty list; freed with candidates_free(), also after an error
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err candidates_find(const struct registry *registry, const struct domains *before,
			 const struct domains *now, const struct names *told, struct candidates *candidates);

/** Free them and leave an empty list. */
void candidates_free(struct candidates *candidates);

#endif
