/* SPDX-License-Identifier: ISC */
#include "certs/certs.h"

#include "base/clock.h"
#include "certs/certs_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What certs_load() works on. */
struct load {
	const struct catalogue *old;
	struct catalogue coming;
	struct settle_list going;
	struct finds finds;
	const struct recalled *folder; /* where the last pair was that was not listed again */
	size_t kept;                   /* though their files are gone */
	const struct pair *first_kept;
	struct complaints *complaints;
	time_t now;
	size_t changed; /* certificates that are new, others than before, or gone */
	struct certs *certs;
	struct settle_list unsettled; /* known by the index alone */
	struct settle_notes notes;    /* for the index */
};

static enum err put(struct load *load, struct pair **pair)
{
	struct catalogue_entry *entry = NULL;
	enum err err = catalogue_make(pair, &entry);

	if (err == ERR_OK)
		catalogue_put(&load->coming, &entry);
	return err;
}

static void keep(struct load *load, struct catalogue_entry *entry)
{
	facts_review(pair_facts(entry->pair), load->now, load->complaints);
	entry->leaves = false;
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
static enum err take_known(struct load *load, const char *chain_path, const char *key_path,
			   struct pair **pair)
{
	struct pair *known = NULL;
	enum err err = facts_index_find(&load->certs->index, chain_path, key_path, &known);

	if (known != NULL && known->facts.not_after >= load->now && facts_are_current(&known->facts))
		*pair = known;
	else
		pair_release(&known);
	return err;
}

/* Of none that was read nor of one that is known there is anything to compare with. */
static enum err load_known(struct load *load, const char *chain_path, const char *key_path, bool *done)
{
	struct pair *pair = NULL;
	enum err err = take_known(load, chain_path, key_path, &pair);

	*done = pair != NULL;
	if (pair == NULL)
		return err;
	load->changed++;
	facts_review(&pair->facts, load->now, load->complaints);
	err = settle_list_put(&load->unsettled, pair);
	if (err == ERR_OK)
		err = put(load, &pair);
	pair_release(&pair);
	return err;
}

/* Unless it is in use the next walk has to find it again. */
static enum err load_new(struct load *load, const char *chain_path, const char *key_path, struct pair *old)
{
	struct pair *pair = NULL;
	enum err err = pair_load(chain_path, key_path, load->now, load->complaints, &pair);

	load->certs->parsed++;
	if (err == ERR_REFUSED)
		recall_forget(&load->certs->memory.recall, chain_path);
	if (err != ERR_OK)
		return err;
	load->changed += old == NULL || !pair_is_same(pair, old);
	settle_note(&load->notes, pair);
	return put(load, &pair);
}

static enum err load_pair(struct load *load, const char *chain_path, const char *key_path,
			  struct catalogue_entry *entry)
{
	struct pair *old = entry != NULL ? entry->pair : NULL;
	bool done = false;
	enum err err = ERR_OK;

	if (entry != NULL) {
		entry->found = true;
		err = compare(load, old, &done);
	} else {
		err = load_known(load, chain_path, key_path, &done);
	}
	if (err == ERR_OK && !done)
		err = load_new(load, chain_path, key_path, old);
	if (entry != NULL && (done || err == ERR_REFUSED))
		keep(load, entry);
	return err == ERR_REFUSED ? ERR_OK : err;
}

static enum err load_finds(struct load *load)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < load->finds.count; i++) {
		const struct find *find = &load->finds.item[i];

		err = load_pair(load, find->chain_path, find->key_path,
				catalogue_find_entry(load->old, find->chain_path));
	}
	return err;
}

static bool is_in(const struct recalled *folder, const char *file)
{
	size_t len = folder != NULL ? strlen(folder->path) : 0;

	return folder != NULL && strncmp(file, folder->path, len) == 0 && file[len] == '/' &&
	       strchr(file + len + 1, '/') == NULL;
}

/* All in a directory that was not listed again are there as they were when it was: what else had been found
 * in it would have had it forgotten. */
static enum err begin_entry(void *context, struct catalogue_entry *entry)
{
	struct load *load = context;
	const struct facts *facts = pair_facts(entry->pair);

	entry->leaves = true;
	entry->kept = false;
	entry->found = false;
	if (!is_in(load->folder, facts->file))
		load->folder = recall_folder_of(&load->certs->memory.recall, facts->file);
	return load->folder != NULL && load->folder->same
		       ? load_pair(load, facts->file, facts->key_file, entry)
		       : ERR_OK;
}

/* A wildcard is looked up like a host of its own name here: only the same wildcard stands in for it. */
static const char *missed_name(const struct load *load, const struct pair *former)
{
	const struct catalogue_change change = { .coming = &load->coming };
	const struct names *names = &pair_facts(former)->names;

	if (pair_facts(former)->not_after < load->now)
		return NULL;
	for (size_t i = 0; i < names->count; i++) {
		const struct pair *other =
			catalogue_find_host(load->old, &change, names->item[i], KEY_ANY, load->now);

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

static enum err look_for_gone(void *context, struct catalogue_entry *entry)
{
	struct load *load = context;
	struct pair *former = entry->pair;
	const char *name;

	if (!entry->leaves)
		return ERR_OK;
	name = entry->found || warm_is_supplied(former) ? missed_name(load, former) : NULL;
	if (name == NULL) {
		load->changed += !entry->found;
	} else if (entry->found) {
		complain_of_renewed(load, former, name);
	} else {
		facts_review(pair_facts(former), load->now, load->complaints);
		entry->kept = true;
		recall_forget(&load->certs->memory.recall, pair_facts(former)->file);
		if (load->kept++ == 0)
			load->first_kept = former;
	}
	return ERR_OK;
}

/* They stay when all are known: none of them stands in for another. */
static enum err end_entry(void *context, struct catalogue_entry *entry)
{
	struct load *load = context;

	entry->leaves = entry->leaves && !entry->kept;
	return entry->leaves ? settle_list_put(&load->going, entry->pair) : ERR_OK;
}

static enum err keep_gone(struct load *load)
{
	(void)catalogue_each(load->old, look_for_gone, load);
	if (load->kept > 0)
		complain_of_gone(load, load->first_kept, load->kept);
	return catalogue_each(load->old, end_entry, load);
}

/* A copy of what stays, for the time in which both are there. */
static enum err copy(void *context, struct catalogue_entry *entry)
{
	struct load *load = context;
	struct pair *reference;

	if (entry->leaves)
		return ERR_OK;
	reference = pair_retain(entry->pair);
	return put(load, &reference);
}

static void swap(struct certs *certs, struct catalogue *new)
{
	struct catalogue old = certs->catalogue;

	(void)pthread_rwlock_wrlock(&certs->lock);
	certs->catalogue = *new;
	(void)pthread_rwlock_unlock(&certs->lock);
	*new = old;
}

static void push(struct catalogue_entry **list, struct catalogue_entry *entry)
{
	entry->next = *list;
	*list = entry;
}

/* While handshakes wait no more is done than has to be, and nothing is freed. */
static void exchange(struct load *load)
{
	struct catalogue *catalogue = &load->certs->catalogue;
	struct catalogue_entry *come = NULL, *gone = NULL;

	while (load->coming.files != NULL)
		push(&come, catalogue_take_out(&load->coming, pair_facts(load->coming.files->pair)->file));
	(void)pthread_rwlock_wrlock(&load->certs->lock);
	for (size_t i = 0; i < load->going.count; i++)
		push(&gone, catalogue_take_out(catalogue, load->going.item[i]->facts.file));
	while (come != NULL) {
		struct catalogue_entry *entry = come;

		come = entry->next;
		entry->next = NULL;
		catalogue_put(catalogue, &entry);
	}
	(void)pthread_rwlock_unlock(&load->certs->lock);
	catalogue_entry_free(&gone);
}

static enum err tell(void *context, struct catalogue_entry *entry)
{
	certs_touch(context, entry->pair);
	return ERR_OK;
}

/* So many are put in and taken out in the time that a handshake may well wait. */
#define EXCHANGED_AT_ONCE 1000

/* All at once, whatever comes and goes. */
static enum err take_over(struct load *load)
{
	bool few = load->coming.count + load->going.count <= EXCHANGED_AT_ONCE &&
		   catalogue_has_room(load->old, load->coming.names);
	enum err err = ERR_OK;

	for (size_t i = 0; i < load->going.count; i++)
		certs_touch(load->certs, load->going.item[i]);
	(void)catalogue_each(&load->coming, tell, load->certs);
	if (few && load->old->count > 0) {
		exchange(load);
		return ERR_OK;
	}
	err = catalogue_each(load->old, copy, load);
	if (err == ERR_OK)
		swap(load->certs, &load->coming);
	return err;
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

	if (err == ERR_OK)
		err = walk_directories(directories, load.now, &certs->memory, complaints, &load.finds);
	if (err == ERR_OK)
		err = catalogue_each(load.old, begin_entry, &load);
	if (err == ERR_OK)
		err = load_finds(&load);
	if (err == ERR_OK)
		err = keep_gone(&load);
	if (err == ERR_OK)
		err = take_over(&load);
	if (err == ERR_OK) {
		certs->changed = load.changed;
		settle_begin(certs, &load.unsettled, &load.notes);
		certs->index_read = true;
	} else {
		recall_free(&certs->memory.recall);
	}
	facts_index_forget(&certs->index);
	complaints_sort(complaints, first);
	catalogue_free(&load.coming);
	settle_list_free(&load.going);
	finds_free(&load.finds);
	settle_list_free(&load.unsettled);
	settle_notes_free(&load.notes);
	return err;
}
