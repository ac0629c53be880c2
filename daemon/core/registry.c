/* SPDX-License-Identifier: ISC */
#include "core/registry.h"

#include "base/log_event.h"
#include "base/names.h"
#include "store/revisions.h"

#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

struct registry {
	pthread_rwlock_t lock; /* over the tree and every domain's published */
	void *tree;
	struct tally *tally;
	size_t published;
	bool stale;     /* the store has not been read to its end since it was in doubt */
	bool recovered; /* it has, and nobody took notice yet */
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct domain *)a)->name, ((const struct domain *)b)->name);
}

enum err registry_new(struct registry **registry)
{
	struct registry *new = calloc(1, sizeof(*new));
	pthread_rwlockattr_t prefer_writer;

	if (new == NULL || tally_new(&new->tally) != ERR_OK) {
		free(new);
		return ERR_NO_MEMORY;
	}
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
	tally_free(&(*registry)->tally);
	tdestroy((*registry)->tree, free_domain);
	(void)pthread_rwlock_destroy(&(*registry)->lock);
	free(*registry);
	*registry = NULL;
}

static struct domain *find(const struct registry *registry, const char *name)
{
	struct domain key = { .name = name };
	void *const *found = tfind(&key, &registry->tree, by_name);

	return found != NULL ? *found : NULL;
}

struct revision *registry_find(struct registry *registry, const char *name)
{
	struct revision *revision = NULL;
	struct domain *domain;

	(void)pthread_rwlock_rdlock(&registry->lock);
	domain = find(registry, name);
	if (domain != NULL && domain->published != NULL)
		revision = revision_retain(domain->published);
	(void)pthread_rwlock_unlock(&registry->lock);
	return revision;
}

struct tally *registry_tally(struct registry *registry)
{
	return registry->tally;
}

const struct domain *registry_domain(const struct registry *registry, const char *name)
{
	const struct domain *domain = find(registry, name);

	return domain != NULL && domain->published != NULL ? domain : NULL;
}

struct walk {
	enum err (*each)(void *context, const struct domain *domain);
	void *context;
	enum err err;
};

static void visit(const void *pointer, VISIT which, void *closure)
{
	const struct domain *domain = *(struct domain *const *)pointer;
	struct walk *walk = closure;

	if ((which == postorder || which == leaf) && walk->err == ERR_OK && domain->published != NULL)
		walk->err = walk->each(walk->context, domain);
}

enum err registry_each(const struct registry *registry,
		       enum err (*each)(void *context, const struct domain *domain), void *context)
{
	struct walk walk = { .each = each, .context = context };

	twalk_r(registry->tree, visit, &walk);
	return walk.err;
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
	struct domain *known = find(registry, name);
	struct domain *new;
	void *added;

	if (known != NULL) {
		*domain = known;
		return ERR_OK;
	}
	new = new_domain(name);
	if (new == NULL)
		return ERR_NO_MEMORY;
	(void)pthread_rwlock_wrlock(&registry->lock);
	added = tsearch(new, &registry->tree, by_name);
	(void)pthread_rwlock_unlock(&registry->lock);
	if (added == NULL) {
		free_domain(new);
		return ERR_NO_MEMORY;
	}
	*domain = new;
	return ERR_OK;
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
	if (former == NULL)
		registry->published++;
	else
		tally_hand_on(registry->tally, former, domain->published);
	*revision = former;
}

void registry_remove(struct registry *registry, const char *name)
{
	struct domain *domain = find(registry, name);

	if (domain == NULL)
		return;
	(void)tdelete(domain, &registry->tree, by_name);
	registry->published -= domain->published != NULL;
	free_domain(domain);
}

void registry_unmake(struct registry *registry, struct domain **domain)
{
	/* A switch without a revision is left of a damaged one: without it the file would come through. */
	if ((*domain)->published == NULL && !(*domain)->switching.active) {
		registry_lock(registry);
		registry_remove(registry, (*domain)->name);
		registry_unlock(registry);
	}
	*domain = NULL;
}

static enum err load_revision(void *context, const struct revision_row *row)
{
	struct registry *registry = context;
	struct revision *revision = NULL;
	struct domain *domain;
	char *source;
	enum err err = registry_make(registry, row->domain, &domain);

	if (err != ERR_OK)
		return err;
	domain->stored = true;
	domain->switching.active = false;
	source = strdup(row->source);
	if (source == NULL)
		return ERR_NO_MEMORY;
	free(domain->source);
	domain->source = source;
	if (domain->published != NULL && strcmp(domain->published->id, row->id) == 0)
		return ERR_OK;
	err = revision_new(row->id, row->text, row->len, row->published_at, &revision);
	if (err == ERR_SYNTAX)
		log_error("store, %s left out (its revision %s is no policy): publish it anew", row->domain,
			  row->id);
	if (err == ERR_OK) {
		revision->number = row->number;
		registry_lock(registry);
		registry_swap(registry, domain, &revision);
		registry_unlock(registry);
	}
	revision_release(&revision);
	return err == ERR_SYNTAX ? ERR_OK : err; /* one damaged row must not take all the others down */
}

/* What cannot be read of a switch is frozen as it is published: the file must not come through. */
static void freeze(struct domain *domain)
{
	const struct revision *published = domain->published;

	if (published == NULL)
		return;
	domain->switching.mode = published->mode;
	domain->switching.max_age = published->max_age;
	domain->switching.keep_mx = true;
}

static enum err load_switch(void *context, const char *name, const struct switching *switching)
{
	struct domain *domain = find(context, name);

	if (domain == NULL)
		return ERR_OK;
	domain->switching = *switching;
	if (switching->mode == MODE_COUNT)
		freeze(domain);
	return ERR_OK;
}

static void mark_unstored(const void *pointer, VISIT which, void *unused)
{
	(void)unused;
	if (which == postorder || which == leaf)
		(*(struct domain *const *)pointer)->stored = false;
}

static enum err name_forgotten(void *context, const struct domain *domain)
{
	return domain->stored ? ERR_OK : names_put(context, domain->name);
}

/* Whatever is published was committed: what the store lacks now was forgotten when it was last in doubt. */
static enum err remove_forgotten(struct registry *registry)
{
	struct names forgotten = { 0 };
	enum err err = registry_each(registry, name_forgotten, &forgotten);

	registry_lock(registry);
	for (size_t i = 0; i < forgotten.count; i++)
		registry_remove(registry, forgotten.item[i]);
	registry_unlock(registry);
	names_free(&forgotten);
	return err;
}

enum err registry_load(struct registry *registry, struct store *store)
{
	enum err err;

	twalk_r(registry->tree, mark_unstored, NULL);
	err = revisions_each(store, load_revision, registry);
	if (err == ERR_OK)
		err = remove_forgotten(registry);
	if (err == ERR_OK)
		err = switches_each(store, load_switch, registry);
	registry->stale = err != ERR_OK;
	return err;
}

bool registry_is_in_doubt(const struct registry *registry, const struct store *store)
{
	return registry->stale || store_is_doubtful(store);
}

enum err registry_recover(struct registry *registry, struct store *store)
{
	enum err err = ERR_OK;

	if (!registry_is_in_doubt(registry, store))
		return ERR_OK;
	registry->stale = true;
	if (store_is_doubtful(store))
		err = store_reopen(store);
	if (err == ERR_OK)
		err = registry_load(registry, store);
	if (err == ERR_OK) {
		registry->recovered = true;
		log_event(EVENT_STORE_READABLE, NULL,
			  "store, readable again: what is served is what it holds");
	}
	return err;
}

bool registry_take_recovered(struct registry *registry)
{
	bool recovered = registry->recovered;

	registry->recovered = false;
	return recovered;
}

void registry_attach(struct registry *registry, const char *name, const struct configured *configured,
		     bool refused)
{
	struct domain *domain = find(registry, name);

	if (domain != NULL) {
		domain->configured = configured;
		domain->refused = refused;
	}
}
