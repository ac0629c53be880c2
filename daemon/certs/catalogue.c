/* SPDX-License-Identifier: ISC */
#include "certs/catalogue.h"

#include "policy/mx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err make_room(struct catalogue *catalogue)
{
	size_t capacity = catalogue->pair_capacity > 0 ? catalogue->pair_capacity * 2 : 16;
	struct pair **pair;

	if (catalogue->pair_count < catalogue->pair_capacity)
		return ERR_OK;
	pair = reallocarray(catalogue->pair, capacity, sizeof(*pair));
	if (pair == NULL)
		return ERR_NO_MEMORY;
	catalogue->pair = pair;
	catalogue->pair_capacity = capacity;
	return ERR_OK;
}

enum err catalogue_put(struct catalogue *catalogue, struct pair **pair)
{
	if (make_room(catalogue) != ERR_OK) {
		pair_release(pair);
		return ERR_NO_MEMORY;
	}
	catalogue->pair[catalogue->pair_count++] = *pair;
	*pair = NULL;
	return ERR_OK;
}

static int by_file(const void *a, const void *b)
{
	return strcmp(pair_info(*(struct pair *const *)a)->file, pair_info(*(struct pair *const *)b)->file);
}

static int to_file(const void *path, const void *member)
{
	return strcmp(path, pair_info(*(struct pair *const *)member)->file);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct catalogue_entry *)a)->name, ((const struct catalogue_entry *)b)->name);
}

enum err catalogue_index(struct catalogue *catalogue)
{
	struct catalogue_entry *entry;
	size_t count = 0;

	if (catalogue->pair_count == 0)
		return ERR_OK;
	for (size_t i = 0; i < catalogue->pair_count; i++)
		count += pair_info(catalogue->pair[i])->names->count;
	entry = calloc(count, sizeof(*entry));
	if (entry == NULL)
		return ERR_NO_MEMORY;
	count = 0;
	for (size_t i = 0; i < catalogue->pair_count; i++) {
		const struct names *names = pair_info(catalogue->pair[i])->names;

		for (size_t j = 0; j < names->count; j++)
			entry[count++] = (struct catalogue_entry){ names->item[j], catalogue->pair[i] };
	}
	qsort(catalogue->pair, catalogue->pair_count, sizeof(*catalogue->pair), by_file);
	qsort(entry, count, sizeof(*entry), by_name);
	free(catalogue->entry);
	catalogue->entry = entry;
	catalogue->entry_count = count;
	return ERR_OK;
}

struct pair *catalogue_find_file(const struct catalogue *catalogue, const char *path)
{
	struct pair **found = NULL;

	if (catalogue->pair_count > 0)
		found = bsearch(path, catalogue->pair, catalogue->pair_count, sizeof(*catalogue->pair),
				to_file);
	return found != NULL ? *found : NULL;
}

/* Index of the first entry whose name is not less. */
static size_t first_entry(const struct catalogue *catalogue, const char *name)
{
	size_t low = 0, high = catalogue->entry_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(catalogue->entry[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What is not valid nobody takes, and what is doubtful some do not. */
enum rank { RANK_INVALID, RANK_DOUBTFUL, RANK_BEST };

static enum rank rank(const struct pair *pair, time_t now)
{
	if (!pair_is_valid(pair, now))
		return RANK_INVALID;
	return pair_is_sound(pair, now) ? RANK_BEST : RANK_DOUBTFUL;
}

/* Of two pairs under one name; the kinds of keys stand in the order in which we like them. */
static bool is_better(const struct pair *one, const struct pair *other, time_t now)
{
	if (rank(one, now) != rank(other, now))
		return rank(one, now) > rank(other, now);
	if (pair_info(one)->key != pair_info(other)->key)
		return pair_info(one)->key < pair_info(other)->key;
	return pair_info(one)->not_after > pair_info(other)->not_after;
}

static struct pair *find_name(const struct catalogue *catalogue, const char *name, unsigned keys, time_t now)
{
	struct pair *best = NULL;

	for (size_t i = first_entry(catalogue, name);
	     i < catalogue->entry_count && strcmp(catalogue->entry[i].name, name) == 0; i++) {
		struct pair *pair = catalogue->entry[i].pair;

		if ((keys & KEY_BIT(pair_info(pair)->key)) != 0 &&
		    (best == NULL || is_better(pair, best, now)))
			best = pair;
	}
	return best;
}

struct pair *catalogue_find_host(const struct catalogue *catalogue, const char *host, unsigned keys,
				 time_t now)
{
	struct pair *exact = find_name(catalogue, host, keys, now);
	const char *dot = strchr(host, '.');
	struct pair *covering = NULL;
	char wildcard[MX_SIZE];

	if ((exact != NULL && rank(exact, now) == RANK_BEST) || dot == NULL)
		return exact;
	(void)snprintf(wildcard, sizeof(wildcard), "*%s", dot);
	covering = find_name(catalogue, wildcard, keys, now);
	if (exact == NULL || (covering != NULL && rank(covering, now) > rank(exact, now)))
		return covering;
	return exact;
}

bool catalogue_uses(const struct catalogue *catalogue, const struct pair *pair, time_t now)
{
	const struct pair_info *info = pair_info(pair);

	/* A wildcard is looked up like a host of its own name: no exact name takes all hosts from it. */
	for (size_t i = 0; i < info->names->count; i++) {
		if (catalogue_find_host(catalogue, info->names->item[i], KEY_BIT(info->key), now) == pair)
			return true;
	}
	return false;
}

void catalogue_free(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->pair_count; i++)
		pair_release(&catalogue->pair[i]);
	free(catalogue->pair);
	free(catalogue->entry);
	*catalogue = (struct catalogue){ 0 };
}
