/* SPDX-License-Identifier: ISC */
#include "certs/certs.h"

#include "base/clock.h"
#include "certs/catalogue_private.h"
#include "certs/walk_private.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The main thread is the only one that replaces the catalogue, so it reads it without the lock. */
struct certs {
	pthread_rwlock_t lock;
	struct catalogue catalogue;
	/* Of a draft: what it is made from, and what is to become of that. */
	const struct certs *base; /* NULL: it is none */
	struct catalogue_change change;
	struct catalogue_entry *entry; /* of the new pair */
	size_t changed;                /* by the last load */
};

/* What certs_load() works on. */
struct load {
	const struct catalogue *old;
	struct catalogue new;
	struct finds finds;
	struct catalogue_entry *gone; /* what is kept though its files are gone */
	struct catalogue_entry **gone_end;
	struct complaints *complaints;
	time_t now;
	size_t changed; /* certificates that are new, others than before, or gone */
};

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
	catalogue_free(&(*certs)->catalogue);
	catalogue_entry_free(&(*certs)->entry);
	(void)pthread_rwlock_destroy(&(*certs)->lock);
	free(*certs);
	*certs = NULL;
}

static enum err put(struct catalogue *catalogue, struct pair **pair)
{
	struct catalogue_entry *entry = NULL;
	enum err err = catalogue_make(pair, &entry);

	if (err == ERR_OK)
		catalogue_put(catalogue, &entry);
	return err;
}

static enum err keep(struct load *load, struct pair *pair)
{
	struct pair *reference = pair_retain(pair);

	facts_review(pair_facts(pair), load->now, load->complaints);
	return put(&load->new, &reference);
}

static enum err load_find(struct load *load, const struct find *find)
{
	struct pair *old = catalogue_find_file(load->old, find->chain_path);
	struct pair *pair = NULL;
	enum err err;

	if (old != NULL && facts_are_current(pair_facts(old)))
		return keep(load, old);
	err = pair_load(find->chain_path, find->key_path, load->now, load->complaints, &pair);
	if (err == ERR_OK) {
		load->changed += old == NULL || !pair_is_same(pair, old);
		return put(&load->new, &pair);
	}
	if (err != ERR_REFUSED)
		return err;
	return old != NULL ? keep(load, old) : ERR_OK;
}

static enum err load_finds(struct load *load)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < load->finds.count; i++)
		err = load_find(load, &load->finds.item[i]);
	return err;
}

/* A wildcard is looked up like a host of its own name here: only the same wildcard stands in for it. */
static const char *missed_name(const struct load *load, const struct pair *former)
{
	const struct names *names = &pair_facts(former)->names;

	if (pair_facts(former)->not_after < load->now)
		return NULL;
	for (size_t i = 0; i < names->count; i++) {
		const struct pair *other =
			catalogue_find_host(&load->new, NULL, names->item[i], KEY_ANY, load->now);

		if (other == NULL || !facts_are_valid(pair_facts(other), load->now))
			return names->item[i];
	}
	return NULL;
}

/* One complaint for all: behind many files that are gone there is one unmounted directory. */
static void complain_of_gone(struct load *load, const struct pair *first, size_t count)
{
	char others[48];

	(void)snprintf(others, sizeof(others), "and %zu more pair%s", count - 1, count == 2 ? "" : "s");
	complain(load->complaints, SEVERITY_WARNING, pair_facts(first)->file, 0,
		 "certificate or key is gone, the ones loaded before stay in use", count > 1 ? others : NULL,
		 "put them back, or restart the service to give it up");
}

static void complain_of_renewed(struct load *load, const struct pair *former, const char *name)
{
	complain(load->complaints, SEVERITY_ERROR, pair_facts(former)->file, 0,
		 "renewed certificate lacks a name that the previous one had", name,
		 "order it again with all names, or remove the domain's files: senders cannot fetch its "
		 "policy now");
}

static enum err look_for_gone(void *context, struct pair *former)
{
	struct load *load = context;
	const char *name = missed_name(load, former);
	struct pair *reference;
	enum err err;

	if (name == NULL) {
		load->changed += !finds_has(&load->finds, pair_facts(former)->file);
		return ERR_OK;
	}
	if (finds_has(&load->finds, pair_facts(former)->file)) {
		complain_of_renewed(load, former, name);
		return ERR_OK;
	}
	facts_review(pair_facts(former), load->now, load->complaints);
	reference = pair_retain(former);
	err = catalogue_make(&reference, load->gone_end);
	if (err == ERR_OK)
		load->gone_end = &(*load->gone_end)->next;
	return err;
}

/* They come in when all are known: none of them stands in for another. */
static enum err keep_gone(struct load *load)
{
	enum err err = catalogue_each(load->old, look_for_gone, load);
	const struct pair *first = load->gone != NULL ? load->gone->pair : NULL;
	size_t kept = 0;

	while (err == ERR_OK && load->gone != NULL) {
		struct catalogue_entry *entry = load->gone;

		load->gone = entry->next;
		entry->next = NULL;
		catalogue_put(&load->new, &entry);
		kept++;
	}
	if (kept > 0)
		complain_of_gone(load, first, kept);
	return err;
}

static void swap(struct certs *certs, struct catalogue *new)
{
	struct catalogue old = certs->catalogue;

	(void)pthread_rwlock_wrlock(&certs->lock);
	certs->catalogue = *new;
	(void)pthread_rwlock_unlock(&certs->lock);
	*new = old;
}

enum err certs_load(struct certs *certs, const struct names *directories, struct complaints *complaints)
{
	struct load load = { .old = &certs->catalogue, .complaints = complaints, .now = clock_now() };
	size_t first = complaints->count;
	enum err err = walk_directories(directories, load.now, complaints, &load.finds);

	load.gone_end = &load.gone;
	if (err == ERR_OK)
		err = load_finds(&load);
	if (err == ERR_OK)
		err = keep_gone(&load);
	if (err == ERR_OK) {
		swap(certs, &load.new);
		certs->changed = load.changed;
	}
	complaints_sort(complaints, first);
	catalogue_entry_free(&load.gone);
	catalogue_free(&load.new);
	finds_free(&load.finds);
	return err;
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
	const struct catalogue *catalogue;
	const struct catalogue_change *change;
	time_t now;
	enum err (*each)(void *context, const struct facts *facts, bool used);
	void *context;
};

static enum err show(void *context, struct pair *pair)
{
	const struct showing *showing = context;

	if (catalogue_leaves_out(showing->change, pair))
		return ERR_OK;
	return showing->each(showing->context, pair_facts(pair),
			     catalogue_uses(showing->catalogue, showing->change, pair, showing->now));
}

enum err certs_each(struct certs *certs,
		    enum err (*each)(void *context, const struct facts *facts, bool used), void *context)
{
	struct showing showing = { .now = clock_now(), .each = each, .context = context };
	enum err err;

	showing.catalogue = catalogue_of(certs, &showing.change);
	err = catalogue_each(showing.catalogue, show, &showing);
	if (err == ERR_OK && certs->base != NULL)
		err = each(
			context, pair_facts(certs->change.with),
			catalogue_uses(showing.catalogue, showing.change, certs->change.with, showing.now));
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
	entry->next = *removed;
	*removed = entry;
}

/* Who goes is freed when nobody waits for the lock any more. */
void certs_replace(struct certs *certs, struct certs **draft)
{
	const struct catalogue_change *change = &(*draft)->change;
	struct catalogue_entry *removed = NULL;

	(void)pthread_rwlock_wrlock(&certs->lock);
	take_out(certs, pair_facts(change->with)->file, &removed);
	for (size_t i = 0; i < change->without->count; i++)
		take_out(certs, change->without->item[i], &removed);
	catalogue_put(&certs->catalogue, &(*draft)->entry);
	(void)pthread_rwlock_unlock(&certs->lock);
	catalogue_entry_free(&removed);
	certs_free(draft);
}
