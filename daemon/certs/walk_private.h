/* SPDX-License-Identifier: ISC */
#ifndef CERTS_WALK_PRIVATE_H
#define CERTS_WALK_PRIVATE_H

/**
 * Going through directory trees in search of pairs.
 *
 * Threads: any.
 */

#include "base/complaints.h"
#include "base/names.h"
#include "certs/finds_private.h"
#include "certs/recall_private.h"

/** How deep below a configured directory pairs are looked for. */
#define WALK_DEPTH_LIMIT 8

/** How many directory entries are looked at in all. */
#define WALK_ENTRIES_LIMIT 1000000

/**
 * How many entries are looked at besides WALK_ENTRIES_A_PAIR for each pair: ACME clients leave up to seven,
 * uacme half of its in a tree of their own, and a tree that is no place for certificates has next to none.
 */
#define WALK_ENTRIES_BARREN 100000
#define WALK_ENTRIES_A_PAIR 10

/** What would have another walk find something else, when it changes. */
struct walk_places {
	size_t most;        /**< so many are noted; 0: nobody wants to know */
	struct names paths; /**< directories that were looked into, or should have been, and links to files */
	bool lost;          /**< there were more */
};

/** What a walk leaves for later; zero-initialise, freed with walk_forget(). */
struct walk_memory {
	struct walk_places places;
	struct recall recall; /**< none unless it went without a complaint, and met no link and no stray */
};

/**
 * List the pairs in directories and everything below them, as layouts_take() knows them by their names and
 * match_folder() by what is in them.
 *
 * Symbolic links are followed, those to directories after all else, no directory is entered twice, hidden
 * entries are left out.  When a limit of entries is met, nothing more is looked at; a link on the way to it
 * is as good as not there, with all that was found behind it, so that one to "/" costs no pair that lies
 * elsewhere.
 *
 * Complained about: what strays_tell() and match_folder() complain about, a directory that cannot be read, a
 * link that leads to a directory in which it lies, and the limits.  Of those that may be many the first is
 * named.
 *
 * @param now  clock_now(): what has expired is passed over beside what has not
 * Directories that the walk before recalls, and in which nothing came or went, are not listed; if what is
 * elsewhere could depend on what is in them, the walk is made a second time without that.
 *
 * @param memory  of the walk before, and then of this one; NULL: nobody wants to know
 * @param[out] finds  sorted, each chain_path once, but for those in directories that were not listed; freed
 * with finds_free()
 * @return ERR_OK (with or without complaints), ERR_NO_MEMORY
 */
enum err walk_directories(const struct names *directories, time_t now, struct walk_memory *memory,
			  struct complaints *complaints, struct finds *finds);

/** Forget all, but for how many places are to be noted. */
void walk_forget(struct walk_memory *memory);

#endif
