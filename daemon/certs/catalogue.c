/* SPDX-License-Identifier: ISC */
#include "certs/catalogue_private.h"

#include "certs/doubted_private.h"
#include "policy/mx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Each tree is a treap: in order by key, and a heap by priority, which is a sum of the key, so that no order
 * in which pairs come makes it deep.  It is not tsearch(), which allocates a node as it puts something in: by
 * then the pair is on disk, and nothing may fail any more.
 */
static void fill(struct catalogue_node *node, const char *key, struct catalogue_entry *entry)
{
	uint64_t sum = text_sum(TEXT_SUM_EMPTY, key, strlen(key));

	*node = (struct catalogue_node){ .key = key, .entry = entry };
	node->priority = (sum ^ sum >> 32) * UINT64_C(0x9e3779b97f4a7c15);
}

/* The first with a key, or NULL. */
static struct catalogue_node *find(struct catalogue_node *tree, const char *key)
{
	while (tree != NULL && strcmp(tree->key, key) != 0)
		tree = strcmp(key, tree->key) < 0 ? tree->less : tree->more;
	return tree;
}

/* Take a tree apart, into what is less than a key and what is more. */
static void split(struct catalogue_node *tree, const char *key, struct catalogue_node **less,
		  struct catalogue_node **more)
{
	while (tree != NULL) {
		if (strcmp(tree->key, key) < 0) {
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

static void join(struct catalogue_node **slot, struct catalogue_node *less, struct catalogue_node *more)
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

static bool comes_before(const struct catalogue_node *one, const struct catalogue_node *other)
{
	return strcmp(one->entry->file.key, other->entry->file.key) < 0;
}

/* Among those of one key, the first of which has the place in the tree. */
static void insert_same(struct catalogue_node **slot, struct catalogue_node *new)
{
	struct catalogue_node *at = *slot;

	if (comes_before(new, at)) {
		new->less = at->less;
		new->more = at->more;
		at->less = at->more = NULL;
		*slot = new;
		new->same = at;
		return;
	}
	while (at->same != NULL && !comes_before(new, at->same))
		at = at->same;
	new->same = at->same;
	at->same = new;
}

static void insert(struct catalogue_node **root, struct catalogue_node *new)
{
	struct catalogue_node **slot = root;

	while (*slot != NULL && strcmp((*slot)->key, new->key) != 0)
		slot = strcmp(new->key, (*slot)->key) < 0 ? &(*slot)->less : &(*slot)->more;
	if (*slot != NULL) {
		insert_same(slot, new);
		return;
	}
	while (*root != NULL && (*root)->priority >= new->priority)
		root = strcmp(new->key, (*root)->key) < 0 ? &(*root)->less : &(*root)->more;
	split(*root, new->key, &new->less, &new->more);
	*root = new;
}

static void cut_out(struct catalogue_node **root, struct catalogue_node *old)
{
	struct catalogue_node *before;

	while (strcmp((*root)->key, old->key) != 0)
		root = strcmp(old->key, (*root)->key) < 0 ? &(*root)->less : &(*root)->more;
	before = *root;
	if (before == old && old->same == NULL) {
		join(root, old->less, old->more);
	} else if (before == old) { /* the next one takes its place */
		old->same->less = old->less;
		old->same->more = old->more;
		*root = old->same;
	} else {
		while (before->same != old)
			before = before->same;
		before->same = old->same;
	}
	/* It may be put in again, here or into another tree. */
	old->less = old->more = old->same = NULL;
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
	new->count = facts->names.count;
	fill(&new->file, facts->file, new);
	for (size_t i = 0; i < new->count; i++)
		fill(&new->name[i], facts->names.item[i], new);
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

	catalogue->count++;
	insert(&catalogue->files, &new->file);
	for (size_t i = 0; i < new->count; i++)
		insert(&catalogue->names, &new->name[i]);
	doubted_sharers(catalogue, new);
	*entry = NULL;
}

struct catalogue_entry *catalogue_take_out(struct catalogue *catalogue, const char *file)
{
	struct catalogue_node *node = find(catalogue->files, file);
	struct catalogue_entry *entry;

	if (node == NULL)
		return NULL;
	entry = node->entry;
	doubted_sharers(catalogue, entry);
	doubted_remove(catalogue, entry);
	catalogue->count--;
	cut_out(&catalogue->files, node);
	for (size_t i = 0; i < entry->count; i++)
		cut_out(&catalogue->names, &entry->name[i]);
	return entry;
}

struct pair *catalogue_find_file(const struct catalogue *catalogue, const char *path)
{
	const struct catalogue_node *node = find(catalogue->files, path);

	return node != NULL ? node->entry->pair : NULL;
}

const struct catalogue_node *catalogue_find_name(const struct catalogue *catalogue, const char *name)
{
	return find(catalogue->names, name);
}

struct catalogue_entry *catalogue_find_entry(const struct catalogue *catalogue, const char *file)
{
	const struct catalogue_node *node = find(catalogue->files, file);

	return node != NULL ? node->entry : NULL;
}

const struct catalogue_entry *catalogue_after(const struct catalogue *catalogue, const char *file)
{
	const struct catalogue_node *node = catalogue->files;
	const struct catalogue_entry *after = NULL;

	while (node != NULL) {
		bool is_behind = file == NULL || strcmp(node->key, file) > 0;

		if (is_behind)
			after = node->entry;
		node = is_behind ? node->less : node->more;
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
	const char *file = pair_facts(entry->pair)->file;

	if (change == NULL)
		return false;
	if (change->with == NULL)
		return entry->leaves;
	return (strcmp(file, pair_facts(change->with)->file) == 0 || names_has_sorted(change->without, file));
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

	for (const struct catalogue_node *node = find(catalogue->names, name); node != NULL;
	     node = node->same) {
		if (!catalogue_leaves_out(change, node->entry))
			best = better(best, node->entry->pair, keys, now);
	}
	if (change != NULL && change->coming != NULL) {
		for (const struct catalogue_node *node = find(change->coming->names, name); node != NULL;
		     node = node->same)
			best = better(best, node->entry->pair, keys, now);
	}
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

static enum err each_below(const struct catalogue_node *node,
			   enum err (*each)(void *context, struct catalogue_entry *entry), void *context)
{
	enum err err = node->less != NULL ? each_below(node->less, each, context) : ERR_OK;

	if (err == ERR_OK)
		err = each(context, node->entry);
	return err == ERR_OK && node->more != NULL ? each_below(node->more, each, context) : err;
}

enum err catalogue_each(const struct catalogue *catalogue,
			enum err (*each)(void *context, struct catalogue_entry *entry), void *context)
{
	return catalogue->files != NULL ? each_below(catalogue->files, each, context) : ERR_OK;
}

static void free_below(struct catalogue_node *file)
{
	struct catalogue_entry *entry;

	if (file == NULL)
		return;
	free_below(file->less);
	free_below(file->more);
	entry = file->entry;
	catalogue_entry_free(&entry);
}

void catalogue_free(struct catalogue *catalogue)
{
	free_below(catalogue->files);
	*catalogue = (struct catalogue){ 0 };
}
