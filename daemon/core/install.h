/* SPDX-License-Identifier: ISC */
#ifndef CORE_INSTALL_H
#define CORE_INSTALL_H

/**
 * Certificates that come over the control socket.
 *
 * They lie in a directory of the state, one file a pair, and are loaded like those of the other directories.
 *
 * Threads: the clerk's.
 */

#include "certs/certs.h"
#include "core/order.h"

/** How many of the domains that a pair covers are named. */
#define INSTALL_COVERED_NAMED 10

/** What is to be installed. */
struct install {
	struct pair_texts texts; /**< without a key: it is one that was made here (certs/requests.h) */
	const char *from;        /**< which program brings it, or "" */
	const char *state;       /**< the state directory */
};

/** What became of a pair; freed with install_done_free(). */
struct install_done {
	struct pair *pair;     /**< with the file where it is, or would be */
	bool used;             /**< some name gets it */
	struct names replaced; /**< files of older installed pairs that it took the place of, sorted */
	struct names covers;   /**< some of the served domains whose policy host it names */
	size_t covers_count;   /**< how many there are in all */
	size_t uncovered;      /**< served domains that have no valid certificate after it */
	int64_t audit;         /**< number of the audit entry; 0 when nothing was changed */
};

/**
 * Install a pair, as order_run() does.
 *
 * It takes the place of every older installed pair with the same kind of key whose names it has all.  After
 * ERR_OK it is on disk, and every handshake that begins later finds it.  The same pair again is fine and
 * changes nothing.  One that is not the best for any of its names is taken, too, with a warning.
 *
 * The entry is committed between writing the file aside and renaming it.  What a crash or an error interrupts
 * before it is removed, and what it interrupts after it is put into place by the next start: a pair is in use
 * exactly when there is an entry.
 *
 * @param complaints  why it is refused; warnings when it is not
 * @param[out] done  freed with install_done_free()
 * @return as order_run(), and ERR_REFUSED (complained about)
 */
enum err install_run(struct registry *registry, struct store *store, struct certs *certs,
		     const struct order *order, const struct install *install, struct complaints *complaints,
		     struct install_done *done);

/** Free what it holds; zero-initialised is fine. */
void install_done_free(struct install_done *done);

#endif
