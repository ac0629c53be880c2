/* SPDX-License-Identifier: ISC */
#include "certs/certs.h"

#include "base/clock.h"
#include "certs/certs_private.h"
#include "certs/walk_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	struct certs *certs;
	struct settle_list unsettled; /* known by the index alone */
	struct settle_notes notes;    /* for the index */
};

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

/* Tell whether the files of a pair are those that it was read from. */
static enum err compare(struct load *load, struct pair *old, bool *same)
{
	enum supply supply = SUPPLY_THERE;
	enum err err = ERR_OK;

	*same = !pair_is_lost(old) && facts_are_current(&old->facts);
	if (!*same || !old->facts.young || !warm_is_supplied(old))
		return ERR_OK;
	load->certs->read++;
	err = supply_check(old, &supply);
	*same = supply == SUPPLY_THERE;
	if (err == ERR_OK && *same)
		settle_note_age(&load->notes, old, load->now);
	return err;
}

/* What the index has of it, if that is true of the files that are there. */
static enum err take_known(struct load *load, const struct find *find, struct pair **pair)
{
	struct pair *known = NULL;
	enum err err = facts_index_find(&load->certs->index, find->chain_path, find->key_path, &known);

	if (known != NULL && known->facts.not_after >= load->now && facts_are_current(&known->facts))
		*pair = known;
	else
		pair_release(&known);
	return err;
}

/* Of none that was read nor of one that is known there is anything to compare with. */
static enum err load_known(struct load *load, const struct find *find, bool *done)
{
	struct pair *pair = NULL;
	enum err err = take_known(load, find, &pair);

	*done = pair != NULL;
	if (pair == NULL)
		return err;
	load->changed++;
	facts_review(&pair->facts, load->now, load->complaints);
	err = settle_list_put(&load->unsettled, pair);
	if (err == ERR_OK)
		err = put(&load->new, &pair);
	pair_release(&pair);
	return err;
}

static enum err load_find(struct load *load, const struct find *find)
{
	struct pair *old = catalogue_find_file(load->old, find->chain_path);
	struct pair *pair = NULL;
	bool done = false;
	enum err err = ERR_OK;

	if (old != NULL)
		err = compare(load, old, &done);
	if (err == ERR_OK && done)
		return keep(load, old);
	if (err == ERR_OK && old == NULL)
		err = load_known(load, find, &done);
	if (err != ERR_OK || done)
		return err;
	load->certs->parsed++;
	err = pair_load(find->chain_path, find->key_path, load->now, load->complaints, &pair);
	if (err == ERR_OK) {
		load->changed += old == NULL || !pair_is_same(pair, old);
		settle_note(&load->notes, pair);
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

	if (name == NULL ||
	    (!finds_has(&load->finds, pair_facts(former)->file) && !warm_is_supplied(former))) {
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

/* Afterwards what is in use is compared with the files themselves. */
static enum err read_index(struct certs *certs)
{
	return certs->index.folder != NULL && !certs->index_read ? facts_index_read(&certs->index) : ERR_OK;
}

enum err certs_load(struct certs *certs, const struct names *directories, struct complaints *complaints)
{
	struct load load = {
		.old = &certs->catalogue, .complaints = complaints, .now = clock_now(), .certs = certs
	};
	size_t first = complaints->count;
	enum err err = read_index(certs);

	load.gone_end = &load.gone;
	if (err == ERR_OK)
		err = walk_directories(directories, load.now, complaints, &load.finds);
	if (err == ERR_OK)
		err = load_finds(&load);
	if (err == ERR_OK)
		err = keep_gone(&load);
	if (err == ERR_OK) {
		swap(certs, &load.new);
		certs->changed = load.changed;
		settle_begin(certs, &load.unsettled, &load.notes);
		certs->index_read = true;
	}
	facts_index_forget(&certs->index);
	complaints_sort(complaints, first);
	catalogue_entry_free(&load.gone);
	catalogue_free(&load.new);
	finds_free(&load.finds);
	settle_list_free(&load.unsettled);
	settle_notes_free(&load.notes);
	return err;
}
