/* SPDX-License-Identifier: ISC */
#include "config/index.h"

#include "base/allocation.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A change copies the blocks that it touches, and the list of all of them. */
#define BLOCK_SIZE 128

/* A block that has fewer takes in the one behind it when it is made anew. */
#define BLOCK_FEW (BLOCK_SIZE / 4)

struct index_block {
	unsigned users;
	unsigned count;
	const struct configured *item[BLOCK_SIZE];
};

/*
 * The same place twice is two files that include a third one, or a line that names a domain twice; these are
 * told apart by where they are kept, since each of them has to be found again when it goes.
 */
static int order(const struct configured *a, const struct configured *b)
{
	int order = strcmp(a->domain, b->domain);

	if (order == 0)
		order = strcmp(a->terms->file, b->terms->file);
	if (order == 0)
		order = (a->line > b->line) - (a->line < b->line);
	if (order == 0)
		order = strcmp(a->terms->source, b->terms->source);
	return order != 0 ? order : ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

static int by_order(const void *a, const void *b)
{
	return order(*(const struct configured *const *)a, *(const struct configured *const *)b);
}

enum err places_put(struct places *places, const struct said *said)
{
	for (size_t i = 0; i < said->count; i++) {
		const struct configured **grown =
			allocation_grow(places->item, places->count, &places->capacity, sizeof(*grown));

		if (grown == NULL)
			return ERR_NO_MEMORY;
		places->item = grown;
		places->item[places->count++] = &said->item[i];
	}
	return ERR_OK;
}

/* Programs write lists that are sorted already. */
void places_sort(struct places *places)
{
	size_t i = 1;

	while (i < places->count && order(places->item[i - 1], places->item[i]) <= 0)
		i++;
	if (i < places->count)
		qsort(places->item, places->count, sizeof(*places->item), by_order);
}

void places_free(struct places *places)
{
	free(places->item);
	*places = (struct places){ 0 };
}

static enum err append_block(struct index *index, struct index_block *block)
{
	struct index_block **grown =
		allocation_grow(index->block, index->count, &index->capacity, sizeof(*grown));

	if (grown == NULL)
		return ERR_NO_MEMORY;
	index->block = grown;
	index->block[index->count++] = block;
	return ERR_OK;
}

static enum err share(struct index *index, struct index_block *block)
{
	enum err err = append_block(index, block);

	if (err == ERR_OK)
		block->users++;
	return err;
}

/* An index on its way. */
struct making {
	struct index *index;
	const struct places *out, *in;
	size_t outs, ins;         /* how many of them are done */
	struct index_block *open; /* the last block of the index, while more may be put into it */
};

static enum err put(struct making *making, const struct configured *item)
{
	struct index_block *block = making->open;
	enum err err;

	if (block == NULL || block->count == BLOCK_SIZE) {
		block = malloc(sizeof(*block));
		if (block == NULL)
			return ERR_NO_MEMORY;
		*block = (struct index_block){ .users = 1 };
		err = append_block(making->index, block);
		if (err != ERR_OK) {
			free(block);
			return err;
		}
		making->open = block;
	}
	block->item[block->count++] = item;
	return ERR_OK;
}

/* Put what comes before a place, or all that is left when that is NULL. */
static enum err put_until(struct making *making, const struct configured *end)
{
	const struct places *in = making->in;
	enum err err = ERR_OK;

	while (err == ERR_OK && making->ins < in->count &&
	       (end == NULL || order(in->item[making->ins], end) < 0))
		err = put(making, in->item[making->ins++]);
	return err;
}

static enum err remake(struct making *making, const struct index_block *block)
{
	const struct places *out = making->out;
	enum err err = ERR_OK;

	for (unsigned i = 0; err == ERR_OK && i < block->count; i++) {
		if (making->outs < out->count && out->item[making->outs] == block->item[i]) {
			making->outs++;
			continue;
		}
		err = put_until(making, block->item[i]);
		if (err == ERR_OK)
			err = put(making, block->item[i]);
	}
	return err;
}

static bool is_before(const struct places *places, size_t done, const struct configured *end)
{
	return done < places->count && (end == NULL || order(places->item[done], end) < 0);
}

static enum err take(struct making *making, struct index_block *block, const struct configured *next)
{
	bool touched = is_before(making->out, making->outs, next) ||
		       is_before(making->in, making->ins, next) ||
		       (making->open != NULL && making->open->count < BLOCK_FEW);

	if (touched)
		return remake(making, block);
	making->open = NULL;
	return share(making->index, block);
}

enum err index_make(const struct index *before, const struct places *out, const struct places *in,
		    struct index *index)
{
	struct making making = { .index = index, .out = out, .in = in };
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < before->count; i++) {
		const struct configured *next = i + 1 < before->count ? before->block[i + 1]->item[0] : NULL;

		err = take(&making, before->block[i], next);
	}
	if (err == ERR_OK)
		err = put_until(&making, NULL);
	index->places = before->places - out->count + in->count;
	return err;
}

const struct configured *index_at(const struct index_place *place)
{
	const struct index *index = place->index;

	return place->block < index->count ? index->block[place->block]->item[place->at] : NULL;
}

struct index_place index_first(const struct index *index)
{
	return (struct index_place){ .index = index };
}

/* The last block that begins before a name, or the first: the name's first place may be at its end. */
static size_t find_block(const struct index *index, const char *domain)
{
	size_t low = 0, high = index->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(index->block[middle]->item[0]->domain, domain) < 0)
			low = middle;
		else
			high = middle;
	}
	return low;
}

struct index_place index_find(const struct index *index, const char *domain)
{
	struct index_place place = { .index = index };
	size_t low = 0, high;

	if (index->count == 0)
		return place;
	place.block = find_block(index, domain);
	high = index->block[place.block]->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(index->block[place.block]->item[middle]->domain, domain) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	place.at = low;
	if (low == index->block[place.block]->count) {
		place.block++;
		place.at = 0;
	}
	return place;
}

void index_next(struct index_place *place)
{
	if (++place->at == place->index->block[place->block]->count) {
		place->block++;
		place->at = 0;
	}
}

void index_free(struct index *index)
{
	for (size_t i = 0; i < index->count; i++) {
		if (--index->block[i]->users == 0)
			free(index->block[i]);
	}
	free(index->block);
	*index = (struct index){ 0 };
}
