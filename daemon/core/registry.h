/* SPDX-License-Identifier: ISC */
#ifndef CORE_REGISTRY_H
#define CORE_REGISTRY_H

/**
 * The live set of policy domains: what is published of each, and why.
 *
 * Holds what the store holds, joined with what the operator configured (config/domains.h), and lends it to
 * the workers.  It changes by registry_load(), which reads the store, and by changes that are committed
 * (core/change.h), and in no other way.
 *
 * Threads: registry_find(), registry_is_unreadable() and registry_is_expecting() from any thread; all else
 * from the clerk's.
 */

#include "config/domains.h"
#include "core/revision.h"
#include "store/switches.h"

/** Why a domain is published as it is. */
enum standing {
	STANDING_CONFIGURED = 1, /**< as its file says */
	STANDING_SWITCHED,       /**< as an operator ordered */
	STANDING_ORPHANED,       /**< no file names it any more: its last revision goes on */
	STANDING_REFUSED,        /**< its file is refused, or none was read: its last revision goes on */
};

/** The size of a table that has a row for each. */
#define STANDING_COUNT (STANDING_REFUSED + 1)

/** A record that is somewhere else than at a domain's own name, or that is there and serves others, too. */
struct owner {
	const char *name;      /**< in the form of record_owner_normalise(); stored behind the structure */
	char id[ID_SIZE];      /**< that it has to have: given out last; "" before the first */
	char pending[ID_SIZE]; /**< the one that the order being worked out gives it, or "" */
	char settled[ID_SIZE]; /**< the one that it comes to, as far as that order is written, or "" */
	size_t placed;         /**< domains that are declared or observed to have it */
	size_t leaving;        /**< of them, those that the order being worked out forgets */
};

/** What domains are counted by, and found by without a look at all the others; all but the last four only of
 * those that are published. */
enum mark {
	MARK_ENFORCE, /**< the mode that it publishes */
	MARK_TESTING,
	MARK_NONE,
	MARK_SWITCHED,
	MARK_ORPHANED,
	MARK_REFUSED,
	MARK_UNLOOKED,   /**< core/coverage.h has not looked yet whether it has a certificate */
	MARK_COVERED,    /**< its policy host had one that is valid when that was last looked at */
	MARK_UNCOVERED,  /**< it had none */
	MARK_UNREADABLE, /**< nothing can be served of it, since what is stored is damaged */
	MARK_AILING,     /**< registry_complain() has something to say of it */
	MARK_PLACED,     /**< its record is declared or observed */
	MARK_LOOSE,      /**< it has changed since it was last joined with what the files say */
};

/** The size of a table that has a row for each. */
#define MARK_COUNT (MARK_LOOSE + 1)

/** One domain; only core/ changes it. */
struct domain {
	struct revision *published; /**< swapped under the registry's lock; NULL until first committed */
	const struct configured *configured; /**< what its file says, or NULL: the file is gone or refused */
	const struct switching *switching;   /**< what is ordered, never NULL; see registry_hold_switch() */
	struct owner *declared; /**< where its file says that its record is, or NULL; see core/owner.h */
	struct owner *observed; /**< the same as it was seen, or NULL */
	const char *source;     /**< path of the file it last came from, "" when unknown; see
				   registry_hold_source() */
	uint16_t marks;         /**< bit N: it bears mark N; registry_note() keeps it */
	bool unreadable;    /**< the store's revision is damaged: what is in memory goes on, if there is any.
			       Workers look at it, so it shares its byte with nothing */
	bool refused : 1;   /**< what its file says now is not used: complained about at the last load */
	bool loose : 1;     /**< no load has joined it with the files since it was made or changed */
	bool stored : 1;    /**< the store had a revision of it when it was last read */
	bool renewed : 1;   /**< it was damaged, and another was published since by this run */
	bool looked_at : 1; /**< coverage_look() knows whether it is covered */
	bool covered : 1;   /**< by a certificate that is valid, as far as it knows */
	bool made : 1;      /**< it is new, and not in the registry yet */
	bool frozen : 1; /**< the stored switch is damaged: what is published stays until it is ordered anew
			  */
	char name[];     /**< normalised */
};

struct registry;

/** @return ERR_OK, ERR_NO_MEMORY */
enum err registry_new(struct registry **registry);

/** Free the registry; revisions that requests hold live on until released.  NULL inside is fine. */
void registry_free(struct registry **registry);

/**
 * Tell whether nothing can be served of a domain because its stored revision, or the store as a whole, is
 * damaged.
 *
 * @param name  normalised
 */
bool registry_is_unreadable(struct registry *registry, const char *name);

/** Tell whether there may be domains that are not here, because the store as a whole is damaged. */
bool registry_is_partial(const struct registry *registry);

/**
 * What is published for a domain now.
 *
 * @param name  normalised
 * @return a reference to give back with revision_release(), or NULL when the domain is unknown
 */
struct revision *registry_find(struct registry *registry, const char *name);

/** What keeps the certificates of its domains (core/awaited.h); of one that goes nothing is known any more.
 */
struct awaited *registry_awaited(const struct registry *registry);

/** A published domain, or NULL. */
const struct domain *registry_domain(const struct registry *registry, const char *name);

/** Call with every published domain, by name, until it returns something else than ERR_OK; returns that. */
enum err registry_each(const struct registry *registry,
		       enum err (*each)(void *context, const struct domain *domain), void *context);

/** The first published domain behind a name, known or not; behind NULL the first of all.  NULL: there is
 * none. */
const struct domain *registry_after(const struct registry *registry, const char *name);

/** Number of published domains. */
size_t registry_count(const struct registry *registry);

/** Number of domains that bear a mark, known without counting. */
size_t registry_marked(const struct registry *registry, enum mark mark);

/** As registry_each(), with those domains that bear a mark, published or not. */
enum err registry_each_marked(const struct registry *registry, enum mark mark,
			      enum err (*each)(void *context, const struct domain *domain), void *context);

/** Why a domain is published as it is. */
enum standing registry_standing(const struct domain *domain);

/** Tell whether no file names a domain any more; it may be switched besides. */
bool registry_is_orphan(const struct domain *domain);

/** Tell whether DNS shows the record of a domain elsewhere than its file says. */
bool registry_is_contradicted(const struct domain *domain);

/** One standing in a word for tables and JSON: "configured", "switched", "orphaned" or "refused". */
const char *registry_standing_text(enum standing standing);

#endif
