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
	if (awaited_new(&new->awaited) != ERR_OK) {
		free(new);
		return ERR_NO_MEMORY;
	}
	(void)pthread_rwlockattr_init(&prefer_writer);
	/* A flood of fetches must not hold up the switch that is to end them. */
	(void)pthread_rwlockattr_setkind_np(&prefer_writer, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	(void)pthread_rwlock_init(&new->lock, &prefer_writer);
	(void)pthread_rwlockattr_destroy(&prefer_writer);
	new->domains.name_at = offsetof(struct domain, name);
	new->domains.marks_at = offsetof(struct domain, marks);
	new->domains.marked = true;
	*registry = new;
	return ERR_OK;
}

static void count_place(struct domain *domain, struct owner *declared, struct owner *observed)
{
	struct owner *before = domain->declared != NULL ? domain->declared : domain->observed;
	struct owner *now = declared != NULL ? declared : observed;

	if (before != NULL)
		before->placed--;
	if (now != NULL)
		now->placed++;
	domain->loose = domain->loose || declared != domain->declared;
	domain->declared = declared;
	domain->observed = observed;
}

static void free_domain(void *pointer)
{
	struct domain *domain = pointer;

	revision_release(&domain->published);
	registry_drop_source(&domain->source);
	registry_drop_switch(&domain->switching);
	free(domain);
}

struct domain *registry_new_domain(const char *name)
{
	size_t size = strlen(name) + 1;
	struct domain *domain = calloc(1, offsetof(struct domain, name) + size);

	if (domain == NULL)
		return NULL;
	memcpy(domain->name, name, size);
	registry_clear_source(domain);
	domain->switching = &registry_unswitched;
	domain->made = true;
	return domain;
}

void registry_free_domain(struct domain **domain)
{
	if (*domain == NULL)
		return;
	count_place(*domain, NULL, NULL);
	free_domain(*domain);
	*domain = NULL;
}

enum err registry_add(struct registry *registry, struct domain **domain)
{
	enum err err;

	(*domain)->made = false;
	(*domain)->marks = registry_marks(*domain);
	registry_lock(registry);
	err = ordered_add(&registry->domains, *domain);
	registry_unlock(registry);
	(*domain)->made = err != ERR_OK;
	if (err == ERR_OK)
		*domain = NULL;
	return err;
}

void registry_free(struct registry **registry)
{
	if (*registry == NULL)
		return;
	ordered_clear(&(*registry)->domains, free_domain);
	awaited_free(&(*registry)->awaited);
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

struct awaited *registry_awaited(const struct registry *registry)
{
	return registry->awaited;
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
};

static enum err visit(void *context, void *object)
{
	const struct walk *walk = context;
	const struct domain *domain = object;

	return domain->published != NULL ? walk->each(walk->context, domain) : ERR_OK;
}

enum err registry_each(const struct registry *registry,
		       enum err (*each)(void *context, const struct domain *domain), void *context)
{
	struct walk walk = { .each = each, .context = context };

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
	return registry_marked(registry, MARK_ENFORCE) + registry_marked(registry, MARK_TESTING) +
	       registry_marked(registry, MARK_NONE);
}

size_t registry_marked(const struct registry *registry, enum mark mark)
{
	return registry->domains.bear[mark];
}

enum err registry_each_marked(const struct registry *registry, enum mark mark,
			      enum err (*each)(void *context, const struct domain *domain), void *context)
{
	const struct domain *domain = NULL;
	enum err err = ERR_OK;

	while (err == ERR_OK && (domain = ordered_after_marked(&registry->domains,
							       domain != NULL ? domain->name : NULL, mark)))
		err = each(context, domain);
	return err;
}

bool registry_is_orphan(const struct domain *domain)
{
	return domain->configured == NULL && !domain->refused;
}

bool registry_is_contradicted(const struct domain *domain)
{
	return domain->declared != NULL && domain->observed != NULL && domain->declared != domain->observed;
}

enum standing registry_standing(const struct domain *domain)
{
	if (domain->switching->active)
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

static enum mark mark_of_mode(enum mode mode)
{
	if (mode == MODE_NONE)
		return MARK_NONE;
	return mode == MODE_TESTING ? MARK_TESTING : MARK_ENFORCE;
}

static void bear(uint16_t *marks, enum mark mark, bool bears)
{
	*marks |= (uint16_t)(bears << mark);
}

uint16_t registry_marks(const struct domain *domain)
{
	bool published = domain->published != NULL;
	uint16_t marks = 0;

	if (published)
		bear(&marks, mark_of_mode(domain->published->mode), true);
	bear(&marks, MARK_SWITCHED, published && domain->switching->active);
	bear(&marks, MARK_ORPHANED, published && registry_is_orphan(domain));
	bear(&marks, MARK_REFUSED, published && domain->refused);
	bear(&marks, MARK_UNREADABLE, !published && domain->unreadable);
	bear(&marks, MARK_AILING,
	     domain->unreadable || domain->renewed || domain->frozen || registry_is_contradicted(domain));
	bear(&marks, MARK_PLACED, domain->declared != NULL || domain->observed != NULL);
	bear(&marks, MARK_LOOSE, domain->loose);
	bear(&marks, MARK_UNLOOKED, published && !domain->looked_at);
	bear(&marks, MARK_COVERED, published && domain->looked_at && domain->covered);
	bear(&marks, MARK_UNCOVERED, published && domain->looked_at && !domain->covered);
	return marks;
}

void registry_note(struct registry *registry, struct domain *domain)
{
	if (!domain->made)
		ordered_mark(&registry->domains, domain, registry_marks(domain));
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
	known = new = registry_new_domain(name);
	err = new != NULL ? registry_add(registry, &new) : ERR_NO_MEMORY;
	if (err == ERR_OK)
		*domain = known;
	registry_free_domain(&new);
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
	domain->loose = true;
	if (former != NULL)
		revision_follow(domain->published, former);
	registry_note(registry, domain);
	*revision = former;
}

void registry_switch(struct registry *registry, struct domain *domain, const struct switching *switching)
{
	registry_put_switch(domain, switching);
	domain->frozen = false;
	domain->loose = true;
	registry_note(registry, domain);
}

void registry_place(struct registry *registry, struct domain *domain, struct owner *declared,
		    struct owner *observed)
{
	count_place(domain, declared, observed);
	registry_note(registry, domain);
}

void registry_remove(struct registry *registry, const char *name)
{
	struct domain *domain = ordered_find(&registry->domains, name);

	if (domain == NULL)
		return;
	awaited_forget(registry->awaited, name);
	registry_place(registry, domain, NULL, NULL);
	(void)ordered_remove(&registry->domains, name);
	free_domain(domain);
}

void registry_unmake(struct registry *registry, struct domain **domain)
{
	/* A switch without a revision is left of a damaged one: without it the file would come through. */
	if ((*domain)->published == NULL && !(*domain)->switching->active && !(*domain)->unreadable) {
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
		domain->loose = false;
		registry_note(registry, domain);
	}
}
