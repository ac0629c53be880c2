/* SPDX-License-Identifier: ISC */
#include "certs/catalogue_private.h"

#include "certs/doubted_private.h"
#include "policy/mx.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many names make the lists of names as many more, by a power of two. */
#define NAMES_A_LIST ((size_t)2)
#define GROWTH       ((size_t)4)
#define LISTS_FEW    ((size_t)64)

/*
 * The tree of files is a treap: in order by path, and a heap by priority, which is a sum of the path, so that
 * no order in which pairs come makes it deep.  It is not tsearch(), which allocates a node as it puts
 * something in: by then the pair is on disk, and nothing may fail any more.  Nor does a table of names need
 * memory for one that is put in: without any to grow, its lists become longer.
 */
static uint32_t sum_of(const char *key)
{
	uint64_t sum = text_sum(TEXT_SUM_EMPTY, key, strlen(key));

	return (uint32_t)((sum ^ sum >> 32) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static const char *file_of(const struct catalogue_entry *entry)
{
	return pair_facts(entry->pair)->file;
}

/* Take a tree apart, into what is less than a path and what is more. */
static void split(struct catalogue_entry *tree, const char *file, struct catalogue_entry **less,
		  struct catalogue_entry **more)
{
	while (tree != NULL) {
		if (strcmp(file_of(tree), file) < 0) {
			*less = tree;
			less = &tree->more;
			tree = *less;
		} else {
			*more = tree;
			more = &tree->less;
			tree = *more;
		}
	}
	*less = *more = NULL;
}

static void join(struct catalogue_entry **slot, struct catalogue_entry *less, struct catalogue_entry *more)
{
	while (less != NULL && more != NULL) {
		if (less->priority > more->priority) {
			*slot = less;
			slot = &less->more;
			less = *slot;
		} else {
			*slot = more;
			slot = &more->less;
			more = *slot;
		}
	}
	*slot = less != NULL ? less : more;
}

static void insert(struct catalogue_entry **root, struct catalogue_entry *new)
{
	const char *file = file_of(new);

	while (*root != NULL && (*root)->priority >= new->priority)
		root = strcmp(file, file_of(*root)) < 0 ? &(*root)->less : &(*root)->more;
	split(*root, file, &new->less, &new->more);
	*root = new;
}

/* Where the tree has a path; what it leads to is NULL when it has not. */
static struct catalogue_entry **place_of(struct catalogue_entry **root, const char *file)
{
	int order;

	while (*root != NULL && (order = strcmp(file, file_of(*root))) != 0)
		root = order < 0 ? &(*root)->less : &(*root)->more;
	return root;
}

struct catalogue_entry *catalogue_entry_of(const struct catalogue_name *name)
{
	const struct catalogue_name *first = name - name->at;

	return (struct catalogue_entry *)((uintptr_t)first - offsetof(struct catalogue_entry, name));
}

static const char *text_of(const struct catalogue_name *name)
{
	return pair_facts(catalogue_entry_of(name)->pair)->names.item[name->at];
}

static struct catalogue_name **list_of(struct catalogue *catalogue, uint32_t sum)
{
	return catalogue->lists > 0 ? &catalogue->list[sum & (catalogue->lists - 1)] : &catalogue->only;
}

static const struct catalogue_name *find_from(const struct catalogue_name *name, const char *text,
					      uint32_t sum)
{
	while (name != NULL && (name->sum != sum || strcmp(text_of(name), text) != 0))
		name = name->next;
	return name;
}

const struct catalogue_name *catalogue_find_name(const struct catalogue *catalogue, const char *name)
{
	uint32_t sum = sum_of(name);

	return find_from(catalogue->lists > 0 ? catalogue->list[sum & (catalogue->lists - 1)]
					      : catalogue->only,
			 name, sum);
}

const struct catalogue_name *catalogue_next_name(const struct catalogue_name *name)
{
	return find_from(name->next, text_of(name), name->sum);
}

static void append(struct catalogue *catalogue, struct catalogue_name *name)
{
	struct catalogue_name **slot = list_of(catalogue, name->sum);

	while (*slot != NULL)
		slot = &(*slot)->next;
	name->next = NULL;
	*slot = name;
}

static void move(struct catalogue *catalogue, struct catalogue_name *list)
{
	while (list != NULL) {
		struct catalogue_name *name = list;

		list = list->next;
		append(catalogue, name);
	}
}

bool catalogue_has_room(const struct catalogue *catalogue, size_t more)
{
	return catalogue->names + more <= NAMES_A_LIST * catalogue->lists;
}

/* Seldom, and then for long: each name is touched once. */
static void grow(struct catalogue *catalogue)
{
	size_t lists = catalogue->lists > 0 ? GROWTH * catalogue->lists : LISTS_FEW;
	struct catalogue old = *catalogue;
	struct catalogue_name **list = calloc(lists, sizeof(struct catalogue_name *));

	if (list == NULL)
		return;
	catalogue->list = list;
	catalogue->lists = lists;
	catalogue->only = NULL;
	move(catalogue, old.only);
	for (size_t i = 0; i < old.lists; i++)
		move(catalogue, old.list[i]);
	free(old.list);
}

/* Those of one name stand in the order of their files. */
static void insert_name(struct catalogue *catalogue, struct catalogue_name *new)
{
	struct catalogue_name **slot = list_of(catalogue, new->sum);
	const char *text = text_of(new), *file = file_of(catalogue_entry_of(new));

	while (*slot != NULL && ((*slot)->sum != new->sum || strcmp(text_of(*slot), text) != 0 ||
				 strcmp(file, file_of(catalogue_entry_of(*slot))) > 0))
		slot = &(*slot)->next;
	new->next = *slot;
	*slot = new;
	catalogue->names++;
}

static void cut_out_name(struct catalogue *catalogue, struct catalogue_name *old)
{
	struct catalogue_name **slot = list_of(catalogue, old->sum);

	while (*slot != old)
		slot = &(*slot)->next;
	*slot = old->next;
	old->next = NULL;
	catalogue->names--;
}

enum err catalogue_make(struct pair **pair, struct catalogue_entry **entry)
{
	const struct facts *facts = pair_facts(*pair);
	struct catalogue_entry *new = calloc(1, sizeof(*new) + facts->names.count * sizeof(new->name[0]));

	if (new == NULL) {
		pair_release(pair);
		return ERR_NO_MEMORY;
	}
	new->pair = *pair;
	new->count = (uint32_t)facts->names.count;
	new->priority = sum_of(facts->file);
	for (uint32_t i = 0; i < new->count; i++)
		new->name[i] = (struct catalogue_name){ .sum = sum_of(facts->names.item[i]), .at = i };
	*pair = NULL;
	*entry = new;
	return ERR_OK;
}

void catalogue_entry_free(struct catalogue_entry **entry)
{
	while (*entry != NULL) {
		struct catalogue_entry *old = *entry;

		*entry = old->next;
		pair_release(&old->pair);
		free(old);
	}
}

void catalogue_put(struct catalogue *catalogue, struct catalogue_entry **entry)
{
	struct catalogue_entry *new = *entry;

	if (!catalogue_has_room(catalogue, new->count))
		grow(catalogue);
	catalogue->count++;
	insert(&catalogue->files, new);
	for (uint32_t i = 0; i < new->count; i++)
		insert_name(catalogue, &new->name[i]);
	doubted_sharers(catalogue, new);
	*entry = NULL;
}

struct catalogue_entry *catalogue_take_out(struct catalogue *catalogue, const char *file)
{
	struct catalogue_entry **place = place_of(&catalogue->files, file), *entry = *place;

	if (entry == NULL)
		return NULL;
	doubted_sharers(catalogue, entry);
	doubted_remove(catalogue, entry);
	catalogue->count--;
	join(place, entry->less, entry->more);
	for (uint32_t i = 0; i < entry->count; i++)
		cut_out_name(catalogue, &entry->name[i]);
	/* It may be put in again, here or into another one. */
	entry->less = entry->more = NULL;
	return entry;
}

struct pair *catalogue_find_file(const struct catalogue *catalogue, const char *path)
{
	const struct catalogue_entry *entry = catalogue_find_entry(catalogue, path);

	return entry != NULL ? entry->pair : NULL;
}

struct catalogue_entry *catalogue_find_entry(const struct catalogue *catalogue, const char *file)
{
	struct catalogue_entry *root = catalogue->files;

	return *place_of(&root, file);
}

const struct catalogue_entry *catalogue_after(const struct catalogue *catalogue, const char *file)
{
	const struct catalogue_entry *entry = catalogue->files, *after = NULL;

	while (entry != NULL) {
		bool is_behind = file == NULL || strcmp(file_of(entry), file) > 0;

		if (is_behind)
			after = entry;
		entry = is_behind ? entry->less : entry->more;
	}
	return after;
}

/* Of two pairs under one name; the kinds of keys stand in the order in which we like them. */
static bool is_better(const struct pair *one, const struct pair *other, time_t now)
{
	if (pair_rank(one, now) != pair_rank(other, now))
		return pair_rank(one, now) > pair_rank(other, now);
	if (pair_facts(one)->key != pair_facts(other)->key)
		return pair_facts(one)->key < pair_facts(other)->key;
	return pair_facts(one)->not_after > pair_facts(other)->not_after;
}

bool catalogue_leaves_out(const struct catalogue_change *change, const struct catalogue_entry *entry)
{
	const char *file;

	if (change == NULL)
		return false;
	if (change->with == NULL)
		return entry->leaves;
	file = file_of(entry);
	return strcmp(file, pair_facts(change->with)->file) == 0 || names_has_sorted(change->without, file);
}

/* Of two that are alike the one that came first stays in use. */
static struct pair *better(struct pair *best, struct pair *pair, unsigned keys, time_t now)
{
	if ((keys & KEY_BIT(pair_facts(pair)->key)) == 0 || pair_is_lost(pair))
		return best;
	return best == NULL || is_better(pair, best, now) ? pair : best;
}

static struct pair *find_name(const struct catalogue *catalogue, const struct catalogue_change *change,
			      const char *name, unsigned keys, time_t now)
{
	struct pair *best = NULL;
	const struct catalogue_name *one = catalogue_find_name(catalogue, name);

	for (; one != NULL; one = catalogue_next_name(one)) {
		const struct catalogue_entry *entry = catalogue_entry_of(one);

		if (!catalogue_leaves_out(change, entry))
			best = better(best, entry->pair, keys, now);
	}
	if (change != NULL && change->coming != NULL)
		one = catalogue_find_name(change->coming, name);
	for (; one != NULL; one = catalogue_next_name(one))
		best = better(best, catalogue_entry_of(one)->pair, keys, now);
	if (change != NULL && change->with != NULL &&
	    names_has_sorted(&pair_facts(change->with)->names, name))
		best = better(best, change->with, keys, now);
	return best;
}

struct pair *catalogue_find_host(const struct catalogue *catalogue, const struct catalogue_change *change,
				 const char *host, unsigned keys, time_t now)
{
	struct pair *exact = find_name(catalogue, change, host, keys, now);
	const char *dot = strchr(host, '.');
	struct pair *covering = NULL;
	char wildcard[MX_SIZE];

	if ((exact != NULL && pair_rank(exact, now) == RANK_BEST) || dot == NULL)
		return exact;
	(void)snprintf(wildcard, sizeof(wildcard), "*%s", dot);
	covering = find_name(catalogue, change, wildcard, keys, now);
	if (exact == NULL || (covering != NULL && pair_rank(covering, now) > pair_rank(exact, now)))
		return covering;
	return exact;
}

bool catalogue_uses(const struct catalogue *catalogue, const struct catalogue_change *change,
		    const struct pair *pair, time_t now)
{
	const struct facts *facts = pair_facts(pair);

	/* A wildcard is looked up like a host of its own name: no exact name takes all hosts from it. */
	for (size_t i = 0; i < facts->names.count; i++) {
		if (catalogue_find_host(catalogue, change, facts->names.item[i], KEY_BIT(facts->key), now) ==
		    pair)
			return true;
	}
	return false;
}

static enum err each_below(struct catalogue_entry *entry,
			   enum err (*each)(void *context, struct catalogue_entry *entry), void *context)
{
	enum err err = entry->less != NULL ? each_below(entry->less, each, context) : ERR_OK;

	if (err == ERR_OK)
		err = each(context, entry);
	return err == ERR_OK && entry->more != NULL ? each_below(entry->more, each, context) : err;
}

enum err catalogue_each(const struct catalogue *catalogue,
			enum err (*each)(void *context, struct catalogue_entry *entry), void *context)
{
	return catalogue->files != NULL ? each_below(catalogue->files, each, context) : ERR_OK;
}

static void free_below(struct catalogue_entry *entry)
{
	if (entry == NULL)
		return;
	free_below(entry->less);
	free_below(entry->more);
	catalogue_entry_free(&entry);
}

void catalogue_free(struct catalogue *catalogue)
{
	free_below(catalogue->files);
	free(catalogue->list);
	*catalogue = (struct catalogue){ 0 };
}
