/* SPDX-License-Identifier: ISC */
#ifndef CERTS_PAIR_PRIVATE_H
#define CERTS_PAIR_PRIVATE_H

/**
 * What a pair is made of.
 *
 * Threads: facts never change; what is guarded is read and written by whoever has called pair_begin(), or
 * under the lock of warm.c.
 */

#include "certs/facts.h"
#include "certs/material_private.h"

#include <stdatomic.h>

struct warm;

struct pair {
	atomic_uint references;
	atomic_bool lost; /**< it was to be read, and cannot be: nobody chooses it any more */
	bool unproven;    /**< its facts are another version's: before it is used it is checked */
	bool busy;        /**< guarded: somebody reads it, or makes it ready */
	bool other;       /**< guarded: the material is newer than the facts, and has all of their names */
	struct material *material; /**< guarded: NULL as long as it is only known and has not been read */
	struct warm *warm;         /**< guarded: NULL as long as it is cold */
	char *path;                /**< that of pair_settle() */
	struct facts facts;
	char *name[]; /**< those of the facts, and behind them all strings */
};

/**
 * Make a pair.
 *
 * @param facts  copied, but for the doubts, which are taken over
 * @param material  taken over on ERR_OK; NULL inside: it is yet to be read
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err pair_new(struct facts *facts, struct material **material, struct pair **pair);

/** Note the stamp of the file that a pair of pair_parse() is in by now; what it holds is yet to be compared.
 */
void pair_stamp(struct pair *pair);

/** What became of a pair that was known and not read. */
enum supply {
	SUPPLY_THERE = 1, /**< it has its material */
	SUPPLY_OTHER,     /**< its files are not those that are known, or could not be read: load them */
};

/**
 * See to it that a pair has its material, and that the files which it was read from were those of its facts.
 *
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err supply_check(struct pair *pair, enum supply *supply);

/**
 * Give a pair that was never read its material, or if the files have others by now, those, if they stand in
 * for it: the same kind of key, and all of its names.  For whoever has it busy.
 *
 * @return ERR_OK, ERR_REFUSED (there is none), ERR_NO_MEMORY
 */
enum err supply_take(struct pair *pair);

/** Have a pair for oneself; whoever else wants it waits. */
void warm_begin(struct pair *pair);

/** Give it back. */
void warm_end(struct pair *pair);

/** Tell whether a pair has its material. */
bool warm_is_supplied(struct pair *pair);

/** Take a pair that nobody has any more out of the cache. */
void warm_forget(struct pair *pair);

#endif
