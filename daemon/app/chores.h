/* SPDX-License-Identifier: ISC */
#ifndef APP_CHORES_H
#define APP_CHORES_H

/**
 * What the clerk does without being asked over the control socket: loads of all files; behind the first of
 * them pairs are read that were taken into use unread; and what is due from time to time - a store in doubt
 * is looked at, fetches are written down, certificates come to their end.
 *
 * Threads: the main thread; what is done is done on the clerk's.
 */

#include "base/clerk.h"
#include "core/reload.h"

struct chores;

/**
 * Begin.  What is due from time to time is due at once, too, but behind the first load.
 *
 * @param host, clerk  lent until chores_free()
 * @param ready  called on the clerk's thread when the first load is over, whatever became of it but
 * for a stop
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err chores_new(struct host *host, struct clerk *clerk, void (*ready)(void *context), void *context,
		    struct chores **chores);

/** Free them, after the clerk has ended; NULL inside is fine. */
void chores_free(struct chores **chores);

/**
 * Load all files.  Loads that are asked for while one is waited for are one, by whoever came last.
 *
 * @param uid, who  as struct order has them; copied
 */
void chores_load(struct chores *chores, int64_t uid, const char *who);

/** Tell whether the first load is over, whatever became of it. */
bool chores_loaded(const struct chores *chores);

/** Have done what is due, and say in how many milliseconds to be called again; -1: when the clerk was heard.
 */
int64_t chores_tick(struct chores *chores, uint64_t now_ms);

/** Begin nothing more; what is begun comes to its end. */
void chores_stop(struct chores *chores);

/** A policy host that has a valid certificate, or "" while none is known. */
const char *chores_covered(const struct chores *chores);

/** Take note of what became of a fetch of our own, as coverage_note_fetch() does; not before the one before
 * is noted. */
void chores_note_fetch(struct chores *chores, const char *host, const char *why);

#endif
