/* SPDX-License-Identifier: ISC */
#include "certs/certs.h"

#include "base/clock.h"
#include "certs/catalogue.h"
#include "certs/walk.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The main thread is the only one that replaces the catalogue, so it reads it without the lock. */
struct certs {
	pthread_rwlock_t lock;
	struct catalogue catalogue;
};

/* What certs_load() works on. */
struct load {
	const struct catalogue *old;
	struct catalogue new;
	struct finds finds;
	struct complaints *complaints;
	time_t now;
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
	(void)pthread_rwlock_destroy(&(*certs)->lock);
	free(*certs);
	*certs = NULL;
}

static enum err keep(struct load *load, struct pair *pair)
{
	struct pair *reference = pair_retain(pair);

	pair_review(pair, load->now, load->complaints);
	return catalogue_put(&load->new, &reference);
}

static enum err load_find(struct load *load, const struct find *find)
{
	struct pair *old = catalogue_find_file(load->old, find->chain_path);
	struct pair *pair = NULL;
	enum err err;

	if (old != NULL && pair_is_current(old))
		return keep(load, old);
	err = pair_load(find->chain_path, find->key_path, load->now, load->complaints, &pair);
	if (err == ERR_OK)
		return catalogue_put(&load->new, &pair);
	if (err != ERR_REFUSED)
		return err;
	return old != NULL ? keep(load, old) : ERR_OK;
}

static enum err load_finds(struct load *load)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < load->finds.count; i++)
		err = load_find(load, &load->finds.item[i]);
	return err == ERR_OK ? catalogue_index(&load->new) : err;
}

/* A wildcard is looked up like a host of its own name here: only the same wildcard stands in for it. */
static const char *missed_name(const struct load *load, const struct pair *former)
{
	const struct names *names = pair_info(former)->names;

	if (pair_info(former)->not_after < load->now)
		return NULL;
	for (size_t i = 0; i < names->count; i++) {
		const struct pair *other =
			catalogue_find_host(&load->new, names->item[i], KEY_ANY, load->now);

		if (other == NULL || !pair_is_valid(other, load->now))
			return names->item[i];
	}
	return NULL;
}

/* One complaint for all: behind many files that are gone there is one unmounted directory. */
static void complain_of_gone(struct load *load, const struct pair *first, size_t count)
{
	char others[48];

	(void)snprintf(others, sizeof(others), "and %zu more pair%s", count - 1, count == 2 ? "" : "s");
	complain(load->complaints, SEVERITY_WARNING, pair_info(first)->file, 0,
		 "certificate or key is gone, the ones loaded before stay in use", count > 1 ? others : NULL,
		 "put them back, or restart the service to give it up");
}

static void complain_of_renewed(struct load *load, const struct pair *former, const char *name)
{
	complain(load->complaints, SEVERITY_ERROR, pair_info(former)->file, 0,
		 "renewed certificate misses a name that the one before had", name,
		 "order it again with all names, or remove the domain's files: senders cannot fetch its "
		 "policy now");
}

static enum err keep_gone(struct load *load)
{
	const struct pair *first = NULL;
	size_t found = load->new.pair_count, kept = 0;
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < load->old->pair_count; i++) {
		struct pair *pair = load->old->pair[i];
		const char *name = missed_name(load, pair);

		if (name == NULL)
			continue;
		if (finds_has(&load->finds, pair_info(pair)->file)) {
			complain_of_renewed(load, pair, name);
			continue;
		}
		first = first != NULL ? first : pair;
		err = keep(load, pair);
	}
	kept = load->new.pair_count - found;
	if (err != ERR_OK || kept == 0)
		return err;
	complain_of_gone(load, first, kept);
	return catalogue_index(&load->new);
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
	enum err err = walk_directories(directories, complaints, &load.finds);

	if (err == ERR_OK)
		err = load_finds(&load);
	if (err == ERR_OK)
		err = keep_gone(&load);
	if (err == ERR_OK)
		swap(certs, &load.new);
	complaints_sort(complaints, first);
	catalogue_free(&load.new);
	finds_free(&load.finds);
	return err;
}

struct pair *certs_find(struct certs *certs, const char *host, unsigned keys)
{
	time_t now = clock_now();
	struct pair *pair;

	(void)pthread_rwlock_rdlock(&certs->lock);
	pair = catalogue_find_host(&certs->catalogue, host, keys, now);
	/* Before the lock goes: the next load may give up the catalogue's own reference. */
	if (pair != NULL)
		(void)pair_retain(pair);
	(void)pthread_rwlock_unlock(&certs->lock);
	return pair;
}

enum err certs_each(struct certs *certs,
		    enum err (*each)(void *context, const struct pair_info *info, bool used), void *context)
{
	const struct catalogue *catalogue = &certs->catalogue;
	time_t now = clock_now();
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < catalogue->pair_count; i++) {
		const struct pair *pair = catalogue->pair[i];

		err = each(context, pair_info(pair), catalogue_uses(catalogue, pair, now));
	}
	return err;
}

bool certs_cover(struct certs *certs, const char *host)
{
	struct pair *pair = certs_find(certs, host, KEY_ANY);
	bool covered = pair != NULL;

	pair_release(&pair);
	return covered;
}

enum err certs_draft(const struct certs *certs, struct pair *pair, const struct names *without,
		     struct certs **draft)
{
	const struct catalogue *old = &certs->catalogue;
	struct pair *reference = pair_retain(pair);
	struct certs *new = NULL;
	enum err err = certs_new(&new);

	for (size_t i = 0; err == ERR_OK && i < old->pair_count; i++) {
		const char *file = pair_info(old->pair[i])->file;
		struct pair *kept;

		if (strcmp(file, pair_info(pair)->file) == 0 || names_has_sorted(without, file))
			continue;
		kept = pair_retain(old->pair[i]);
		err = catalogue_put(&new->catalogue, &kept);
	}
	if (err == ERR_OK)
		err = catalogue_put(&new->catalogue, &reference);
	if (err == ERR_OK)
		err = catalogue_index(&new->catalogue);
	pair_release(&reference);
	if (err == ERR_OK)
		*draft = new;
	else
		certs_free(&new);
	return err;
}

void certs_replace(struct certs *certs, struct certs **draft)
{
	swap(certs, &(*draft)->catalogue);
	certs_free(draft);
}

bool certs_serve(struct certs *certs, const char *host)
{
	struct pair *pair = certs_find(certs, host, KEY_ANY);
	bool serves = pair != NULL && pair_is_valid(pair, clock_now());

	pair_release(&pair);
	return serves;
}
