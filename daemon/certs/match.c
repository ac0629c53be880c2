/* SPDX-License-Identifier: ISC */
#include "certs/match_private.h"

#include "certs/content_private.h"
#include "certs/sample_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One file that was read. */
struct item {
	const struct named *named;
	struct content content;
	struct item *key; /* the one that fits its chain; NULL: none */
	bool settled;     /* a find, or the same as one: nothing to say of it */
	bool dropped;     /* its name made a find of it, and it is none, or there is a better one */
	bool added;       /* becomes a find with its key */
};

/* What match_folder() works on. */
struct pairing {
	const struct match *match;
	struct item *item; /* in the order of their names */
	size_t count;
	struct item **keys; /* those with a key, in the order of its digest */
	size_t key_count;
	struct item **chains; /* those with a chain that is a find or has a key, by leaf, the best first */
	size_t chain_count;
	bool fresh; /* one of them has not expired */
	struct finds *finds;
	struct strays *strays;
};

static enum err read_items(struct pairing *pairing)
{
	const struct match *match = pairing->match;
	enum err err = ERR_OK;

	pairing->item = calloc(match->count, sizeof(*pairing->item));
	if (pairing->item == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; err == ERR_OK && i < match->count; i++) {
		struct item *item = &pairing->item[pairing->count];
		char *path;

		if (!sample_reads(&match->files[i]))
			continue;
		path = file_path(match->folder->path, match->files[i].name);
		err = path != NULL ? content_read(path, &item->content) : ERR_NO_MEMORY;
		free(path);
		item->named = &match->files[i];
		pairing->count += err == ERR_OK ? 1 : 0;
	}
	return err;
}

/* A key that others may read is refused. */
static bool is_open(const struct item *item)
{
	return (item->content.status.st_mode & (S_IROTH | S_IWOTH)) != 0;
}

static int by_key(const void *a, const void *b)
{
	const struct item *one = *(struct item *const *)a, *other = *(struct item *const *)b;
	int order = memcmp(one->content.key, other->content.key, CONTENT_ID_SIZE);

	if (order != 0)
		return order;
	if (is_open(one) != is_open(other))
		return is_open(one) ? 1 : -1;
	return one < other ? -1 : 1;
}

static enum err list_keys(struct pairing *pairing)
{
	pairing->keys = calloc(pairing->count + 1, sizeof(*pairing->keys));
	if (pairing->keys == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < pairing->count; i++) {
		if (pairing->item[i].content.has_key)
			pairing->keys[pairing->key_count++] = &pairing->item[i];
	}
	qsort(pairing->keys, pairing->key_count, sizeof(*pairing->keys), by_key);
	return ERR_OK;
}

/* A file's own key, or else the first in order. */
static struct item *find_key(const struct pairing *pairing, struct item *chain)
{
	const uint8_t *wanted = chain->content.chain_key;
	size_t low = 0, high = pairing->key_count;

	if (chain->content.has_key && memcmp(chain->content.key, wanted, CONTENT_ID_SIZE) == 0)
		return chain;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(pairing->keys[middle]->content.key, wanted, CONTENT_ID_SIZE) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == pairing->key_count ||
	    memcmp(pairing->keys[low]->content.key, wanted, CONTENT_ID_SIZE) != 0)
		return NULL;
	return pairing->keys[low];
}

/* Whether its name made a find of it that stays, unless there is a better one: what is wrong with it is told
 * by whoever loads it. */
static bool is_find(const struct item *item)
{
	const struct content *content = &item->content;
	bool whole = (content->chain_len > 0 || content->damaged) && (content->has_key || content->locked);

	return item->named->told == TOLD_TAKEN ||
	       (item->named->told == TOLD_BOTH && (whole || content->why != NULL));
}

static int by_leaf(const void *a, const void *b)
{
	const struct item *one = *(struct item *const *)a, *other = *(struct item *const *)b;
	int order = memcmp(one->content.leaf, other->content.leaf, CONTENT_ID_SIZE);

	if (order != 0)
		return order;
	if (one->content.chain_len != other->content.chain_len)
		return one->content.chain_len > other->content.chain_len ? -1 : 1;
	if (is_find(one) != is_find(other))
		return is_find(one) ? -1 : 1;
	return one < other ? -1 : 1;
}

static bool has_expired(const struct pairing *pairing, const struct item *item)
{
	return item->content.not_after < pairing->match->now;
}

static enum err list_chains(struct pairing *pairing)
{
	pairing->chains = calloc(pairing->count + 1, sizeof(*pairing->chains));
	if (pairing->chains == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < pairing->count; i++) {
		struct item *item = &pairing->item[i];

		item->settled = is_find(item);
		item->dropped = item->named->told == TOLD_BOTH && !item->settled;
		if (item->content.chain_len == 0)
			continue;
		item->key = find_key(pairing, item);
		if (item->key == NULL && !item->settled)
			continue;
		pairing->chains[pairing->chain_count++] = item;
		pairing->fresh = pairing->fresh || !has_expired(pairing, item);
	}
	qsort(pairing->chains, pairing->chain_count, sizeof(*pairing->chains), by_leaf);
	return ERR_OK;
}

/* The chains with one leaf, the best of them first. */
static void settle(const struct pairing *pairing, struct item **chains, size_t count)
{
	struct item *best = chains[0];
	bool fits = best->key != NULL && !(has_expired(pairing, best) && pairing->fresh);

	for (size_t i = 0; i < count; i++) {
		chains[i]->settled = true;
		if (fits && is_find(chains[i]) && chains[i]->content.chain_len < best->content.chain_len)
			chains[i]->dropped = true;
	}
	best->added = fits && !is_find(best);
}

static void settle_all(const struct pairing *pairing)
{
	size_t end;

	for (size_t i = 0; i < pairing->chain_count; i = end) {
		struct item **chains = &pairing->chains[i];

		for (end = i + 1;
		     end < pairing->chain_count && memcmp(pairing->chains[end]->content.leaf,
							  chains[0]->content.leaf, CONTENT_ID_SIZE) == 0;)
			end++;
		settle(pairing, chains, end - i);
	}
}

static int to_name(const void *name, const void *item)
{
	return strcmp(name, ((const struct item *)item)->named->name);
}

static void drop(struct pairing *pairing)
{
	for (size_t i = pairing->finds->count; i-- > pairing->match->first;) {
		const char *name = strrchr(pairing->finds->item[i].chain_path, '/') + 1;
		const struct item *item =
			bsearch(name, pairing->item, pairing->count, sizeof(*pairing->item), to_name);

		if (item != NULL && item->dropped)
			finds_remove(pairing->finds, i);
	}
}

static enum err add_all(struct pairing *pairing)
{
	const char *folder = pairing->match->folder->path;
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < pairing->count; i++) {
		const struct item *item = &pairing->item[i];

		if (item->added)
			err = finds_put(pairing->finds, file_path(folder, item->named->name),
					file_path(folder, item->key->named->name));
	}
	return err;
}

static bool is_leaf(const struct pairing *pairing, const struct item *item)
{
	return item->content.chain_len > 0 && !item->content.authority && !has_expired(pairing, item);
}

/* What an item is that fits nothing; 0: nothing to speak of. */
static enum stray_kind kind_of(const struct pairing *pairing, const struct item *item)
{
	const struct content *content = &item->content;
	enum told told = item->named->told;

	if (told == TOLD_KEYLESS)
		return STRAY_KEYLESS;
	if (told == TOLD_BOTH)
		return STRAY_HALF;
	if (content->why != NULL)
		return told == TOLD_UNKNOWN ? 0 : STRAY_UNREADABLE;
	if (is_leaf(pairing, item))
		return STRAY_CHAIN;
	if (content->locked)
		return STRAY_LOCKED;
	if (told != TOLD_LIKELY)
		return 0;
	return content->binary ? STRAY_BINARY : STRAY_OTHER;
}

/* Whether nothing is to be said of it beside pairs; a key that cannot be read matters when one is missing. */
static bool is_aside(const struct pairing *pairing, const struct item *item, enum stray_kind kind,
		     bool missed)
{
	if (kind == STRAY_KEYLESS)
		return item->content.chain_len > 0 && item->content.authority;
	if (kind == STRAY_HALF)
		return !is_leaf(pairing, item) && !item->content.damaged && !item->content.blank;
	if (kind == STRAY_LOCKED || kind == STRAY_UNREADABLE)
		return !missed;
	return kind != STRAY_CHAIN;
}

/* Other people's keys are no reason to speak where no certificate waits for one. */
static bool is_foreign(const struct item *item, enum stray_kind kind, bool missed)
{
	return kind == 0 || (!missed && item->named->told != TOLD_LIKELY &&
			     (kind == STRAY_LOCKED || kind == STRAY_UNREADABLE));
}

static enum err put_strays(struct pairing *pairing)
{
	struct stray_file file = { .folder = pairing->match->folder->path,
				   .served = pairing->finds->count > pairing->match->first };
	bool missed = false;
	enum err err = ERR_OK;

	for (size_t i = 0; i < pairing->count; i++)
		missed = missed || (!pairing->item[i].settled && is_leaf(pairing, &pairing->item[i]));
	for (size_t i = 0; err == ERR_OK && i < pairing->count; i++) {
		const struct item *item = &pairing->item[i];

		file.kind = kind_of(pairing, item);
		if (item->settled || is_foreign(item, file.kind, missed))
			continue;
		file.name = item->named->name;
		file.status = item->content.status;
		file.why = item->content.why;
		file.aside = is_aside(pairing, item, file.kind, missed);
		err = strays_put(pairing->strays, &file);
	}
	return err;
}

/* Files that were not read, by their names alone. */
static enum err put_unread(const struct match *match, enum told told, struct stray_file *file,
			   struct strays *strays)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < match->count; i++) {
		char *path;

		if (match->files[i].told != told)
			continue;
		file->name = match->files[i].name;
		path = file_path(file->folder, file->name);
		if (path == NULL)
			return ERR_NO_MEMORY;
		(void)stat(path, &file->status);
		free(path);
		err = strays_put(strays, file);
	}
	return err;
}

/* Those in other forms count where there is nothing else. */
static enum err put_binaries(const struct match *match, const struct finds *finds, struct strays *strays)
{
	struct stray_file file = { .folder = match->folder->path, .kind = STRAY_BINARY, .aside = true };

	return finds->count > match->first ? ERR_OK : put_unread(match, TOLD_BINARY, &file, strays);
}

static enum err pass_over(const struct match *match, const struct finds *finds, struct strays *strays,
			  struct complaints *complaints)
{
	struct stray_file file = { .folder = match->folder->path,
				   .kind = STRAY_KEYLESS,
				   .served = finds->count > match->first };

	complain(complaints, SEVERITY_WARNING, match->folder->path, 0,
		 "too many files to find certificates and their keys by what is in them", NULL,
		 "name all of them NAME.crt and NAME.key, or spread them over directories of at most 10000 "
		 "files and 64 MiB");
	return put_unread(match, TOLD_KEYLESS, &file, strays);
}

static enum err pair_by_content(struct pairing *pairing)
{
	enum err err = read_items(pairing);

	if (err == ERR_OK)
		err = list_keys(pairing);
	if (err == ERR_OK)
		err = list_chains(pairing);
	if (err == ERR_OK) {
		settle_all(pairing);
		drop(pairing);
		err = add_all(pairing);
	}
	if (err == ERR_OK)
		err = put_strays(pairing);
	free(pairing->chains);
	free(pairing->keys);
	free(pairing->item);
	return err;
}

enum err match_folder(const struct match *match, struct finds *finds, struct strays *strays,
		      struct complaints *complaints)
{
	struct pairing pairing = { .match = match, .finds = finds, .strays = strays };
	enum sample sample = SAMPLE_TOLD;
	enum err err = sample_folder(match, &sample);

	if (err == ERR_OK && sample == SAMPLE_READ)
		err = pair_by_content(&pairing);
	if (err == ERR_OK && sample == SAMPLE_TOO_MUCH)
		err = pass_over(match, finds, strays, complaints);
	if (err == ERR_OK)
		err = put_binaries(match, finds, strays);
	return err;
}
