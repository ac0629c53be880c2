/* SPDX-License-Identifier: ISC */
#include "certs/certs.h"

#include "base/clock.h"
#include "certs/certs_private.h"

#include <stdlib.h>
#include <string.h>

static int open_lock(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attributes;
	int result = pthread_rwlockattr_init(&attributes);

	if (result != 0)
		return result;
	/* Handshakes never stop coming; a reload must not wait for a gap between them. */
	(void)pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	result = pthread_rwlock_init(lock, &attributes);
	(void)pthread_rwlockattr_destroy(&attributes);
	return result;
}

enum err certs_new(struct certs **certs)
{
	struct certs *new = calloc(1, sizeof(*new));

	if (new == NULL || open_lock(&new->lock) != 0) {
		free(new);
		return ERR_NO_MEMORY;
	}
	*certs = new;
	return ERR_OK;
}

void certs_free(struct certs **certs)
{
	if (*certs == NULL)
		return;
	settle_list_free(&(*certs)->unsettled);
	settle_list_free(&(*certs)->touched);
	facts_index_free(&(*certs)->index);
	walk_forget(&(*certs)->memory);
	catalogue_free(&(*certs)->catalogue);
	catalogue_entry_free(&(*certs)->entry);
	(void)pthread_rwlock_destroy(&(*certs)->lock);
	free(*certs);
	*certs = NULL;
}

enum err certs_keep_index(struct certs *certs, const char *folder)
{
	char *copy = strdup(folder);

	if (copy == NULL)
		return ERR_NO_MEMORY;
	facts_index_free(&certs->index);
	certs->index.folder = copy;
	return ERR_OK;
}

void certs_note_places(struct certs *certs, size_t most)
{
	certs->memory.places.most = most;
}

const struct names *certs_places(const struct certs *certs, bool *lost)
{
	*lost = certs->memory.places.lost;
	return &certs->memory.places.paths;
}

struct certs_work certs_work(const struct certs *certs)
{
	return (struct certs_work){ .read = certs->read, .parsed = certs->parsed };
}

size_t certs_changed(const struct certs *certs)
{
	return certs->changed;
}

static const struct catalogue *catalogue_of(const struct certs *certs, const struct catalogue_change **change)
{
	*change = certs->base != NULL ? &certs->change : NULL;
	return certs->base != NULL ? &certs->base->catalogue : &certs->catalogue;
}

struct pair *certs_find(struct certs *certs, const char *host, unsigned keys)
{
	const struct catalogue_change *change;
	const struct catalogue *catalogue = catalogue_of(certs, &change);
	time_t now = clock_now();
	struct pair *pair;

	(void)pthread_rwlock_rdlock(&certs->lock);
	pair = catalogue_find_host(catalogue, change, host, keys, now);
	/* Before the lock goes: the next load may give up the catalogue's own reference. */
	if (pair != NULL)
		(void)pair_retain(pair);
	(void)pthread_rwlock_unlock(&certs->lock);
	return pair;
}

struct showing {
	const struct certs *draft; /* or NULL */
	time_t now;
	enum err (*each)(void *context, const struct facts *facts, bool used);
	void *context;
};

static enum err show(void *context, struct catalogue_entry *entry)
{
	const struct showing *showing = context;
	const struct certs *draft = showing->draft;
	bool used = entry->used;

	if (draft != NULL && catalogue_leaves_out(&draft->change, entry))
		return ERR_OK;
	if (draft != NULL)
		used = catalogue_uses(&draft->base->catalogue, &draft->change, entry->pair, showing->now);
	return showing->each(showing->context, pair_facts(entry->pair), used);
}

enum err certs_each(struct certs *certs,
		    enum err (*each)(void *context, const struct facts *facts, bool used), void *context)
{
	struct showing showing = { .now = clock_now(), .each = each, .context = context };
	enum err err;

	if (certs->base == NULL) {
		catalogue_judge(&certs->catalogue, showing.now);
		return catalogue_each(&certs->catalogue, show, &showing);
	}
	showing.draft = certs;
	err = catalogue_each(&certs->base->catalogue, show, &showing);
	return err == ERR_OK ? each(context, pair_facts(certs->change.with), certs_use(certs)) : err;
}

const struct facts *certs_after(struct certs *certs, const char *file, bool *used)
{
	const struct catalogue_entry *entry;

	catalogue_judge(&certs->catalogue, clock_now());
	entry = catalogue_after(&certs->catalogue, file);
	if (entry == NULL)
		return NULL;
	*used = entry->used;
	return pair_facts(entry->pair);
}

bool certs_use(const struct certs *draft)
{
	return catalogue_uses(&draft->base->catalogue, &draft->change, draft->change.with, clock_now());
}

void certs_touch(struct certs *certs, struct pair *pair)
{
	certs->touched_lost = certs->touched_lost || settle_list_put(&certs->touched, pair) != ERR_OK;
}

struct telling {
	time_t before, now;
	void (*each)(void *context, const struct facts *facts);
	void *context;
};

static enum err tell_turned(void *context, struct catalogue_entry *entry)
{
	const struct telling *telling = context;
	const struct facts *facts = pair_facts(entry->pair);

	if (facts_are_valid(facts, telling->before) != facts_are_valid(facts, telling->now))
		telling->each(telling->context, facts);
	return ERR_OK;
}

bool certs_each_changed(struct certs *certs, void (*each)(void *context, const struct facts *facts),
			void *context)
{
	struct telling telling = { certs->told_at, clock_now(), each, context };
	bool all = !certs->touched_lost;

	for (size_t i = 0; i < certs->touched.count; i++)
		each(context, pair_facts(certs->touched.item[i]));
	catalogue_judge(&certs->catalogue, telling.now);
	if (certs->catalogue.turned)
		(void)catalogue_each(&certs->catalogue, tell_turned, &telling);
	certs->catalogue.turned = false;
	settle_list_free(&certs->touched);
	certs->touched_lost = false;
	certs->told_at = telling.now;
	return all;
}

const struct facts *certs_of_file(const struct certs *certs, const char *file)
{
	const struct pair *pair = catalogue_find_file(&certs->catalogue, file);

	return pair != NULL ? pair_facts(pair) : NULL;
}

enum err certs_each_named(const struct certs *certs, const char *name,
			  enum err (*each)(void *context, const struct facts *facts), void *context)
{
	const struct catalogue_name *one = catalogue_find_name(&certs->catalogue, name);
	enum err err = ERR_OK;

	for (; err == ERR_OK && one != NULL; one = catalogue_next_name(one))
		err = each(context, pair_facts(catalogue_entry_of(one)->pair));
	return err;
}

bool certs_cover(struct certs *certs, const char *host)
{
	struct pair *pair = certs_find(certs, host, KEY_ANY);
	bool covered = pair != NULL;

	pair_release(&pair);
	return covered;
}

bool certs_serve(struct certs *certs, const char *host)
{
	struct pair *pair = certs_find(certs, host, KEY_ANY);
	bool serves = pair != NULL && facts_are_valid(pair_facts(pair), clock_now());

	pair_release(&pair);
	return serves;
}

enum err certs_draft(const struct certs *certs, struct pair *pair, const struct names *without,
		     struct certs **draft)
{
	struct pair *reference = pair_retain(pair);
	struct certs *new = NULL;
	enum err err = certs_new(&new);

	if (err == ERR_OK)
		err = catalogue_make(&reference, &new->entry);
	pair_release(&reference);
	if (err != ERR_OK) {
		certs_free(&new);
		return err;
	}
	new->base = certs;
	new->change = (struct catalogue_change){ .with = pair, .without = without };
	*draft = new;
	return ERR_OK;
}

static void take_out(struct certs *certs, const char *file, struct catalogue_entry **removed)
{
	struct catalogue_entry *entry = catalogue_take_out(&certs->catalogue, file);

	if (entry == NULL)
		return;
	certs_touch(certs, entry->pair);
	recall_forget(&certs->memory.recall, file);
	entry->next = *removed;
	*removed = entry;
}

/* Who goes is freed when nobody waits for the lock any more. */
void certs_replace(struct certs *certs, struct certs **draft)
{
	const struct catalogue_change *change = &(*draft)->change;
	struct catalogue_entry *removed = NULL;
	struct settle_notes notes = { .count = 0 };

	pair_stamp(change->with);
	certs_touch(certs, change->with);
	settle_note(&notes, change->with);
	recall_forget(&certs->memory.recall, pair_facts(change->with)->file);
	(void)pthread_rwlock_wrlock(&certs->lock);
	take_out(certs, pair_facts(change->with)->file, &removed);
	for (size_t i = 0; i < change->without->count; i++)
		take_out(certs, change->without->item[i], &removed);
	catalogue_put(&certs->catalogue, &(*draft)->entry);
	(void)pthread_rwlock_unlock(&certs->lock);
	catalogue_entry_free(&removed);
	certs_free(draft);
	settle_keep(certs, &notes);
	settle_notes_free(&notes);
}
