/* SPDX-License-Identifier: ISC */
#ifndef STORE_SOUNDNESS_H
#define STORE_SOUNDNESS_H

/**
 * Whether a database as a whole holds what was written: its pages, and what its rows say of one another.
 *
 * That takes a second for a million domains, so a start does not wait for it where the database lies exactly
 * as a run left it that knew it to be sound: the run seals it when it ends, and the next one looks through it
 * behind the start, before anything but evidence is written.  Each row that is served has a sum of its own,
 * and is compared with that in any case.
 *
 * Threads: the clerk's.
 */

#include "base/err.h"

#include <stdbool.h>

struct store;

/** Tell whether a store is taken for sound because of a seal, and was not looked through yet. */
bool soundness_is_assumed(const struct store *store);

/**
 * Look through a store that was taken for sound; of one that was not, nothing is to be done.
 *
 * Others have their turn meanwhile (base/progress.h).
 *
 * @param[out] damaged  whether it was found to be damaged, now: store/condition.h says so, too, and what was
 * read of it is to be read again
 * @return ERR_OK, ERR_STOPPED and ERR_NO_MEMORY (it is not known yet, and has to be asked again)
 */
enum err soundness_find(struct store *store, bool *damaged);

#endif
