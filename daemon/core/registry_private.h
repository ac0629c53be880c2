/* SPDX-License-Identifier: ISC */
#ifndef CORE_REGISTRY_PRIVATE_H
#define CORE_REGISTRY_PRIVATE_H

/**
 * Inside of core/: how the live set changes.  registry.c keeps it, registry_hold.c keeps once what many have
 * in common, registry_load.c makes it what the store holds, change.c publishes what an order changes, and
 * reload.c joins it with what the files say.  Included after registry.h.
 */

#include "base/ordered.h"
#include "core/awaited.h"
#include "store/revisions.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct registry {
	pthread_rwlock_t lock; /* over the domains and what is published of each */
	struct ordered domains;
	void *owners; /* core/owner.c; the clerk's */
	struct awaited *awaited;
	size_t bared;   /* domains found uncovered that were not, and nobody was told yet; the clerk's */
	bool stale;     /* the store has not been read to its end since it was in doubt */
	bool recovered; /* it has, and nobody took notice yet */
	bool partial;   /* read from a damaged store: there may be more domains; under the lock */
	atomic_bool expecting; /* the files have not been read yet */
};

/** What is ordered of a domain that no switch holds. */
extern const struct switching registry_unswitched;

/** A path as struct domain has its source, kept once for all that have it; NULL without memory. */
const char *registry_hold_source(const char *path);

/** Give one up and set NULL.  NULL inside is fine. */
void registry_drop_source(const char **source);

/** Give a domain another source, which is taken over.  Cannot fail. */
void registry_put_source(struct domain *domain, const char **source);

/** Say that a domain has no source any more.  Cannot fail: there is always memory for nothing. */
void registry_clear_source(struct domain *domain);

/**
 * A switch as struct domain has it, kept once for all that have it: most are ordered for very many.
 *
 * @return registry_unswitched for one that is not active; NULL without memory
 */
const struct switching *registry_hold_switch(const struct switching *switching);

/** Give one up and set NULL.  NULL inside is fine. */
void registry_drop_switch(const struct switching **switching);

/** Give a domain another switch, which it then holds, too.  Cannot fail. */
void registry_put_switch(struct domain *domain, const struct switching *switching);

/** A domain that is in no registry; NULL without memory. */
struct domain *registry_new_domain(const char *name);

/** Free one that was not added; NULL inside is fine. */
void registry_free_domain(struct domain **domain);

/**
 * Add one that no other has the name of.
 *
 * @param[in,out] domain  taken over, and NULL, on success
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err registry_add(struct registry *registry, struct domain **domain);

/** Take in the revision of a row that the store says is published: nothing but its id, text, times and
 * whether it is sound is read.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err registry_take_revision(struct registry *registry, struct domain *domain,
				const struct revision_row *row);

/** Take in what the row says of the domain itself: source, declared and observed.  Returns ERR_OK,
 * ERR_NO_MEMORY. */
enum err registry_take_domain(struct registry *registry, struct domain *domain,
			      const struct revision_row *row);

/** Log that what is stored of a domain is damaged, and have it be unreadable. */
void registry_note_unreadable(struct domain *domain);

/**
 * Read all that is published in a store that is not known to be damaged, in registry_read.c.
 *
 * @param last  the highest number of a domain
 * @return ERR_OK, ERR_STORE (cause logged), ERR_NO_MEMORY; on error a part may have been read
 */
enum err registry_read(struct registry *registry, struct store *store, int64_t last);

/** A domain, published or not, or NULL. */
struct domain *registry_known(const struct registry *registry, const char *name);

/**
 * The domain of a name, made unpublished when there is none.
 *
 * @param[out] domain  lent; belongs to the registry
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err registry_make(struct registry *registry, const char *name, struct domain **domain);

/**
 * Join a published domain with what the files say now.
 *
 * @param configured  lent until the next call; NULL when no file says anything that can be used
 * @param refused  whether a file does, and it is refused
 */
void registry_attach(struct registry *registry, const char *name, const struct configured *configured,
		     bool refused);

/** Keep registry_find() waiting, so that any number of changes becomes visible at once. */
void registry_lock(struct registry *registry);

/** Let them go on. */
void registry_unlock(struct registry *registry);

/**
 * Publish a revision, between registry_lock() and registry_unlock().  Cannot fail.
 *
 * @param[in,out] revision  the new one; on return the former one or NULL, to be released
 */
void registry_swap(struct registry *registry, struct domain *domain, struct revision **revision);

/**
 * Remove a domain for good, between registry_lock() and registry_unlock(); requests that hold its
 * revision go on.  Cannot fail.
 */
void registry_remove(struct registry *registry, const char *name);

/** Say where the record of a domain is, in memory, after the commit.  Cannot fail. */
void registry_place(struct registry *registry, struct domain *domain, struct owner *declared,
		    struct owner *observed);

/** registry_put_switch() after the commit, with all that follows from it.  Cannot fail. */
void registry_switch(struct registry *registry, struct domain *domain, const struct switching *switching);

/** The marks that a domain has to bear, found by a look at it. */
uint16_t registry_marks(const struct domain *domain);

/** Have a domain bear its marks, after it was changed by anything but the functions here.  Cannot fail. */
void registry_note(struct registry *registry, struct domain *domain);

/** Remove a domain that was never published nor switched; does nothing otherwise. */
void registry_unmake(struct registry *registry, struct domain **domain);

#endif
