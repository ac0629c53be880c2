/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_SAID_H
#define CONFIG_SAID_H

/**
 * What one domain file said when it was read.  Counted, so that two sets of files share what did not change.
 *
 * Threads: any, one object a thread while it is filled; read-only afterwards but for said_renew(), and
 * counted by one thread.
 */

#include "base/arena.h"
#include "config/stamp.h"
#include "policy/policy.h"
#include "policy/record.h"

/** What a file says of domains; those that it says the same of, one after another, share it. */
struct terms {
	const struct policy *policy; /**< may be shared with other terms of the same file */
	const char *id;              /**< the id that the operator set for this policy, or "" */
	const char *record;          /**< owner name at which the record is, or NULL: not said */
	const char *source;          /**< path of the domain file; all domains of one file share the string */
	const char *file;            /**< path where they are named: the same, or one that is included */
};

/** One domain as a file configures it. */
struct configured {
	const char *domain; /**< normalised */
	const struct terms *terms;
	unsigned line; /**< where the domain is named, or 0 when the file's name does it */
};

/** What one file said. */
struct said {
	char *path;
	bool refused;            /**< it was complained about, and says nothing */
	struct configured *item; /**< its domains, in its order */
	size_t count;
	struct stamps stamps;          /**< the file and what it includes, as they were when they said it */
	struct complaints *complaints; /**< about all of it; NULL: there are none */
	/* Private to said.c: */
	unsigned users;
	size_t capacity;
	struct policy **policy; /* those that the items point to, and maybe more */
	size_t policies;
	size_t policy_capacity;
	struct arena arena;        /* what the items point to beside */
	const struct terms *terms; /* those of the domain that was added last */
};

/** One configured domain of a set of files. */
struct said_entry {
	const struct configured *said;
	bool twice; /**< named at two places: neither counts, and the last revision goes on */
};

/** Begin with a file that says nothing.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err said_new(const char *path, struct said **said);

/**
 * Hand a policy over, to be freed with what the file said.
 *
 * @param policy  NULL inside afterwards
 * @return ERR_OK, ERR_NO_MEMORY (still the caller's)
 */
enum err said_keep(struct said *said, struct policy **policy);

/** What may be said of a domain beside its policy; NULL: it is not. */
struct said_extra {
	const char *id;     /**< one that is no id counts as none */
	const char *record; /**< the same of an owner name */
};

/**
 * Append a domain.
 *
 * @param domain  normalised
 * @param file, line  where it is named; the path is copied
 * @param policy  one that was handed over
 * @param extra  what else is said of it; its strings are copied
 * @return ERR_OK, ERR_STOPPED (base/progress.h), ERR_NO_MEMORY
 */
enum err said_add(struct said *said, const char *domain, const char *file, unsigned line,
		  const struct policy *policy, const struct said_extra *extra);

/** Let go of room that is not needed, and of every domain when the file is refused. */
void said_finish(struct said *said, bool refused);

/** Hand over what is complained about it, which leaves an empty list. */
void said_complain(struct said *said, struct complaints *complaints);

/** Make what a file said be known as it was found again: it says the same, and is maybe complained about in
 * another way. */
void said_renew(struct said *said, struct said *again);

/** Tell whether two files of one path say the same, at the same places. */
bool said_same(const struct said *a, const struct said *b);

/** Tell whether two places name one domain with the same policy, id and record, in a file of the same path.
 */
bool said_same_wish(const struct configured *a, const struct configured *b);

/** Count one more user; returns it. */
struct said *said_retain(struct said *said);

/** Count one less, and free what has none; NULL inside is fine. */
void said_release(struct said **said);

/**
 * Sort by name.
 *
 * A name that is there several times stays once, and is complained about at each of its places.
 *
 * @return how many are left
 */
size_t said_order(struct said_entry *entry, size_t count, struct complaints *complaints);

#endif
