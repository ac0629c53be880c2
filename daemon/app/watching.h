/* SPDX-License-Identifier: ISC */
#ifndef APP_WATCHING_H
#define APP_WATCHING_H

/**
 * Files are loaded by themselves when they change, if the setting "watch" says so.
 *
 * What is watched is found out anew after each load, whoever asked for it.  Where the kernel does not tell of
 * all changes, and while too many domains have lost their files, everything is loaded from time to time, too.
 * A load is the one that SIGHUP asks for, by "watch", and forces nothing.
 *
 * Threads: the main thread, but for watching_loading() and watching_loaded().
 */

#include "app/chores.h"

/** How often everything is loaded where changes may go unheard, milliseconds. */
#define WATCHING_SWEEP_MS 600000

struct watching;

/**
 * Begin, with nothing to watch before the first load.
 *
 * @param host, clerk, loop, chores  lent until watching_free()
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err watching_new(struct host *host, struct clerk *clerk, struct loop *loop, struct chores *chores,
		      struct watching **watching);

/** Free it, after the clerk has ended; NULL inside is fine. */
void watching_free(struct watching **watching);

/** A load begins; on the clerk's thread. */
void watching_loading(struct watching *watching);

/** A load is over, whatever became of it; on the clerk's thread. */
void watching_loaded(struct watching *watching);

/** Have done what is due, and say in how many milliseconds to be called again; -1: when something was heard.
 */
int64_t watching_tick(struct watching *watching, uint64_t now_ms);

#endif
