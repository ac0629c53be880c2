/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_BRING_H
#define CTL_ACME_BRING_H

/**
 * Brings chains that are kept to the daemon: that of an order that has just ended, and those of runs before.
 *
 * Threads: the main thread only.
 */

#include "ctl/acme/obtain_private.h"

/**
 * Hand over the chain that an item has kept; where the daemon does not install it, the item says why, and
 * whether it is refused for good.
 *
 * @return ERR_OK, ERR_SYNTAX (the daemon's reply is none), ERR_NO_MEMORY
 */
enum err bring_one(const struct obtaining *obtaining, struct obtained *item);

/**
 * Hand over all that runs before have kept, whichever authority made them, before anything is ordered: what
 * is installed, or refused for good, is entered in its authority's ledger and kept no longer.
 *
 * What became of each is printed, unless all is printed as JSON.
 *
 * @param[out] items  one for each, in an array to free(); NULL where there was none
 * @return RUN_DONE, RUN_NOT_DONE (so many are left that nothing is to be ordered, or what is kept cannot be
 * read; said)
 */
enum run_status bring_all(struct obtaining *obtaining, struct obtained **items, size_t *count);

#endif
