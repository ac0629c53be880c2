/* SPDX-License-Identifier: ISC */
#include "core/registry.h"

#include "core/registry_private.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

enum err registry_new(struct registry **registry)
{
	struct registry *new = calloc(1, sizeof(*new));
	pthread_rwlockattr_t prefer_writer;

	if (new == NULL)
		return ERR_NO_MEMORY;
	(void)pthread_rwlockattr_init(&prefer_writer);
	/* A flood of fetches must not hold up the switch that is to end them. */
	(void)pthread_rwlockattr_setkind_np(&prefer_writer, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	(void)pthread_rwlock_init(&new->lock, &prefer_writer);
	(void)pthread_rwlockattr_destroy(&prefer_writer);
	*registry = new;
	return ERR_OK;
}

static void free_domain(void *pointer)
{
	struct domain *domain = pointer;

	revision_release(&domain->published);
	free(domain->source);
	free(domain);
}

void registry_free(struct registry **registry)
{
	if (*registry == NULL)
		return;
	ordered_clear(&(*registry)->domains, free_domain);
	tdestroy((*registry)->owners, free);
	(void)pthread_rwlock_destroy(&(*registry)->lock);
	free(*registry);
	*registry = NULL;
}

struct revision *registry_find(struct registry *registry, const char *name)
{
	struct revision *revision = NULL;
	struct domain *domain;

	(void)pthread_rwlock_rdlock(&registry->lock);
	domain = ordered_find(&registry->domains, name);
	if (domain != NULL && domain->published != NULL)
		revision = revision_retain(domain->published);
	(void)pthread_rwlock_unlock(&registry->lock);
	return revision;
}

bool registry_is_unreadable(struct registry *registry, const char *name)
{
	struct domain *domain;
	bool unreadable;

	(void)pthread_rwlock_rdlock(&registry->lock);
	domain = ordered_find(&registry->domains, name);
	unreadable = domain != NULL ? domain->published == NULL && domain->unreadable : registry->partial;
	(void)pthread_rwlock_unlock(&registry->lock);
	return unreadable;
}

bool registry_is_partial(const struct registry *registry)
{
	return registry->partial;
}

const struct domain *registry_domain(const struct registry *registry, const char *name)
{
	const struct domain *domain = ordered_find(&registry->domains, name);

	return domain != NULL && domain->published != NULL ? domain : NULL;
}

struct domain *registry_known(const struct registry *registry, const char *name)
{
	return ordered_find(&registry->domains, name);
}

struct walk {
	enum err (*each)(void *context, const struct domain *domain);
	void *context;
	bool all; /* those that are not published, too */
};

static enum err visit(void *context, void *object)
{
	const struct walk *walk = context;
	const struct domain *domain = object;

	return walk->all || domain->published != NULL ? walk->each(walk->context, domain) : ERR_OK;
}

enum err registry_each(const struct registry *registry,
		       enum err (*each)(void *context, const struct domain *domain), void *context)
{
	struct walk walk = { .each = each, .context = context };

	return ordered_each(&registry->domains, visit, &walk);
}

enum err registry_each_known(const struct registry *registry,
			     enum err (*each)(void *context, const struct domain *domain), void *context)
{
	struct walk walk = { .each = each, .context = context, .all = true };

	return ordered_each(&registry->domains, visit, &walk);
}

const struct domain *registry_after(const struct registry *registry, const char *name)
{
	const struct domain *domain = ordered_after(&registry->domains, name);

	while (domain != NULL && domain->published == NULL)
		domain = ordered_after(&registry->domains, domain->name);
	return domain;
}

size_t registry_count(const struct registry *registry)
{
	return registry->published;
}

bool registry_is_orphan(const struct domain *domain)
{
	return domain->configured == NULL && !domain->refused;
}

enum standing registry_standing(const struct domain *domain)
{
	if (domain->switching.active)
		return STANDING_SWITCHED;
	if (domain->refused)
		return STANDING_REFUSED;
	return registry_is_orphan(domain) ? STANDING_ORPHANED : STANDING_CONFIGURED;
}

const char *registry_standing_text(enum standing standing)
{
	static const char *const words[STANDING_COUNT] = {
		[STANDING_CONFIGURED] = "configured",
		[STANDING_SWITCHED] = "switched",
		[STANDING_ORPHANED] = "orphaned",
		[STANDING_REFUSED] = "refused",
	};

	return standing < STANDING_COUNT ? words[standing] : "unknown";
}

static struct domain *new_domain(const char *name)
{
	size_t size = strlen(name) + 1;
	struct domain *domain = calloc(1, sizeof(*domain) + size);
	char *source = strdup("");

	if (domain == NULL || source == NULL) {
		free(domain);
		free(source);
		return NULL;
	}
	domain->name = memcpy(domain + 1, name, size);
	domain->source = source;
	return domain;
}

enum err registry_make(struct registry *registry, const char *name, struct domain **domain)
{
	struct domain *known = ordered_find(&registry->domains, name);
	struct domain *new;
	enum err err;

	if (known != NULL) {
		*domain = known;
		return ERR_OK;
	}
	new = new_domain(name);
	if (new == NULL)
		return ERR_NO_MEMORY;
	(void)pthread_rwlock_wrlock(&registry->lock);
	err = ordered_add(&registry->domains, new);
	(void)pthread_rwlock_unlock(&registry->lock);
	if (err == ERR_OK)
		*domain = new;
	else
		free_domain(new);
	return err;
}

void registry_lock(struct registry *registry)
{
	(void)pthread_rwlock_wrlock(&registry->lock);
}

void registry_unlock(struct registry *registry)
{
	(void)pthread_rwlock_unlock(&registry->lock);
}

void registry_swap(struct registry *registry, struct domain *domain, struct revision **revision)
{
	struct revision *former = domain->published;

	domain->published = *revision;
	domain->renewed = domain->renewed || domain->unreadable;
	domain->unreadable = false;
	if (former == NULL)
		registry->published++;
	else
		revision_follow(domain->published, former);
	*revision = former;
}

void registry_place(struct domain *domain, struct owner *declared, struct owner *observed)
{
	struct owner *before = domain->declared != NULL ? domain->declared : domain->observed;
	struct owner *now = declared != NULL ? declared : observed;

	if (before != NULL)
		before->placed--;
	if (now != NULL)
		now->placed++;
	domain->declared = declared;
	domain->observed = observed;
}

void registry_remove(struct registry *registry, const char *name)
{
	struct domain *domain = ordered_remove(&registry->domains, name);

	if (domain == NULL)
		return;
	registry->published -= domain->published != NULL;
	registry_place(domain, NULL, NULL);
	free_domain(domain);
}

void registry_unmake(struct registry *registry, struct domain **domain)
{
	/* A switch without a revision is left of a damaged one: without it the file would come through. */
	if ((*domain)->published == NULL && !(*domain)->switching.active && !(*domain)->unreadable) {
		registry_lock(registry);
		registry_remove(registry, (*domain)->name);
		registry_unlock(registry);
	}
	*domain = NULL;
}

void registry_attach(struct registry *registry, const char *name, const struct configured *configured,
		     bool refused)
{
	struct domain *domain = ordered_find(&registry->domains, name);

	if (domain != NULL) {
		domain->configured = configured;
		domain->refused = refused;
	}
}
