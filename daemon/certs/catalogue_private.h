/* SPDX-License-Identifier: ISC */
#ifndef CERTS_CATALOGUE_PRIVATE_H
#define CERTS_CATALOGUE_PRIVATE_H

/**
 * A set of pairs, found by the path of their chain and by server name.
 *
 * To put a pair in or to take one out costs by its own names and the logarithm of all pairs, but for the
 * seldom growth of a table, and cannot fail: what needs memory is made before.
 *
 * Threads: one while it changes, any while it is read.
 */

#include "certs/pair.h"

/** A name of a pair, in a table. */
struct catalogue_name {
	struct catalogue_name *next; /**< in its list */
	uint32_t sum;
	uint32_t at; /**< which one of the pair's */
};

/** One pair with its places, to be put into a catalogue. */
struct catalogue_entry {
	struct pair *pair;            /**< a reference */
	struct catalogue_entry *next; /**< for the use of whoever has it while it is in no catalogue */
	struct catalogue_entry *doubted_before, *doubted_next; /**< see catalogue_judge() */
	struct catalogue_entry *less, *more;                   /**< in the tree of files */
	uint32_t priority;                                     /**< none below it has a higher one */
	uint32_t count;                                        /**< of names */
	bool is_doubted;
	bool used;   /**< as catalogue_uses() tells, when it was last judged */
	bool leaves; /**< for catalogue_change */
	bool kept;   /**< for whoever decides that */
	bool found;  /**< by the same: its files are there */
	struct catalogue_name name[];
};

/** Zero-initialise. */
struct catalogue {
	struct catalogue_entry *files;
	struct catalogue_name **list;    /**< of names with a sum that ends alike */
	struct catalogue_name *only;     /**< that of all names while there are no others */
	size_t lists;                    /**< how many, a power of two, or 0 */
	size_t names;                    /**< in them */
	size_t count;                    /**< of pairs */
	struct catalogue_entry *doubted; /**< those of which used may not be true any more */
	bool turned;                     /**< some have turned by time; for whoever wants to know */
	bool wild;                       /**< one with a wildcard came or went since, or turned */
	time_t judged_at, next_at;       /**< when they were judged, and when time alone makes a difference */
};

/** What a catalogue is to be looked at with, as if it were done. */
struct catalogue_change {
	struct pair *with;              /**< stands in for one with the same file; NULL: the rest counts */
	const struct names *without;    /**< files of pairs to leave out, sorted */
	const struct catalogue *coming; /**< as if they had come, and all that leave had gone */
};

/**
 * Make an entry.
 *
 * @param pair  its reference is taken over and set to NULL, also on error
 * @param[out] entry  freed with catalogue_entry_free()
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err catalogue_make(struct pair **pair, struct catalogue_entry **entry);

/** Free an entry that is in no catalogue, and those behind it; NULL inside is fine. */
void catalogue_entry_free(struct catalogue_entry **entry);

/** Put an entry in, which is the catalogue's from now on; none with the same file is in it. */
void catalogue_put(struct catalogue *catalogue, struct catalogue_entry **entry);

/** Take the entry of a file out; NULL when there is none. */
struct catalogue_entry *catalogue_take_out(struct catalogue *catalogue, const char *file);

/** The pair whose chain was loaded from a path, or NULL; lent. */
struct pair *catalogue_find_file(const struct catalogue *catalogue, const char *path);

/** The first of those that have a name, in the order of their files, or NULL; lent. */
const struct catalogue_name *catalogue_find_name(const struct catalogue *catalogue, const char *name);

/** The next one, or NULL; lent. */
const struct catalogue_name *catalogue_next_name(const struct catalogue_name *name);

/** Whose name it is. */
struct catalogue_entry *catalogue_entry_of(const struct catalogue_name *name);

/** Tell whether so many names more can be put in without touching all others, which takes long if they are
 * very many. */
bool catalogue_has_room(const struct catalogue *catalogue, size_t more);

/**
 * The best pair for a host, or NULL, as certs_find() describes; lent.
 *
 * @param change  NULL for the catalogue as it is
 */
struct pair *catalogue_find_host(const struct catalogue *catalogue, const struct catalogue_change *change,
				 const char *host, unsigned keys, time_t now);

/**
 * Tell whether there is a name under which a pair is the best among those of its kind of key; when not,
 * others stand in for it.
 */
bool catalogue_uses(const struct catalogue *catalogue, const struct catalogue_change *change,
		    const struct pair *pair, time_t now);

/** Find out which pairs are used, of those only that may be so no longer, or only now. */
void catalogue_judge(struct catalogue *catalogue, time_t now);

/** Tell whether a change leaves a pair of the catalogue out. */
bool catalogue_leaves_out(const struct catalogue_change *change, const struct catalogue_entry *entry);

/** The entry of a file, or NULL; lent. */
struct catalogue_entry *catalogue_find_entry(const struct catalogue *catalogue, const char *file);

/** The first entry whose file comes behind a path, or, behind NULL, the first of all; NULL: there is none. */
const struct catalogue_entry *catalogue_after(const struct catalogue *catalogue, const char *file);

/**
 * Call with each entry, in the order of their files' paths, until it returns something else than ERR_OK.
 *
 * @return what the last call returned
 */
enum err catalogue_each(const struct catalogue *catalogue,
			enum err (*each)(void *context, struct catalogue_entry *entry), void *context);

/** Give every reference up and leave an empty catalogue. */
void catalogue_free(struct catalogue *catalogue);

#endif
