/* SPDX-License-Identifier: ISC */
#ifndef STORE_SOUNDNESS_PRIVATE_H
#define STORE_SOUNDNESS_PRIVATE_H

/** Inside of store/: the seal, and what store_open() does with it.  Included after soundness.h. */

#include "store/files_private.h"

/**
 * Break the seal in the lock file, if there is one.
 *
 * @return whether the database is the file that was sealed, unchanged since as far as its stat tells, and
 * without a log
 */
bool soundness_unseal(const struct files *files);

/** Seal the database, which is closed, and was sound.  Returns whether it is: not if it has a log. */
bool soundness_seal(const struct files *files);

/**
 * Check a database that was just opened, bring it to today's schema, and prepare it.  A damaged one is read
 * as it is: what changed in it now could not be told from what was damaged.
 *
 * @param sealed  it may be taken for sound, if it has today's schema
 * @return ERR_OK (see condition_of()), ERR_REFUSED, ERR_STORE, ERR_NO_MEMORY; the cause is logged
 */
enum err soundness_open(struct store *store, bool sealed);

/** Log what is damaged of a store. */
void soundness_log(const struct store *store, const char *what);

#endif
