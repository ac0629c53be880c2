/* SPDX-License-Identifier: ISC */
#include "base/ordered.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A change moves some pointers of one block, and, when it fills or empties that, of the list of blocks. */
#define BLOCK_SIZE 256

struct ordered_block {
	size_t count;
	uint16_t bear[ORDERED_MARKS]; /* of its objects */
	void *object[BLOCK_SIZE];
};

static const char *name_of(const struct ordered *ordered, const void *object)
{
	return (const char *)object + ordered->name_at;
}

static uint16_t marks_of(const struct ordered *ordered, const void *object)
{
	return ordered->marked ? *(const uint16_t *)(const void *)((const char *)object + ordered->marks_at)
			       : 0;
}

/* Count the marks of an object that came into a block, 1, or left it, -1. */
static void count_in(struct ordered_block *block, uint16_t marks, int more)
{
	for (unsigned mark = 0; marks >> mark != 0; mark++)
		block->bear[mark] = (uint16_t)(block->bear[mark] + (marks >> mark & 1) * more);
}

static void count_marks(struct ordered *ordered, struct ordered_block *block, uint16_t marks, int more)
{
	count_in(block, marks, more);
	for (unsigned mark = 0; marks >> mark != 0; mark++)
		ordered->bear[mark] += (size_t)((marks >> mark & 1) * more);
}

/* The block that has a name, if any has: the last that begins with no later one, or the first. */
static size_t find_block(const struct ordered *ordered, const char *name)
{
	size_t low = 0, high = ordered->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(name_of(ordered, ordered->block[middle]->object[0]), name) <= 0)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* The place in a block of the first object that does not come before a name. */
static size_t find_place(const struct ordered *ordered, const struct ordered_block *block, const char *name,
			 bool *found)
{
	size_t low = 0, high = block->count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name_of(ordered, block->object[middle]), name);

		*found = *found || order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void *ordered_find(const struct ordered *ordered, const char *name)
{
	const struct ordered_block *block;
	size_t place;
	bool found;

	if (ordered->count == 0)
		return NULL;
	block = ordered->block[find_block(ordered, name)];
	place = find_place(ordered, block, name, &found);
	return found ? block->object[place] : NULL;
}

void *ordered_after(const struct ordered *ordered, const char *name)
{
	size_t number, place;
	bool found;

	if (ordered->count == 0)
		return NULL;
	if (name == NULL)
		return ordered->block[0]->object[0];
	number = find_block(ordered, name);
	place = find_place(ordered, ordered->block[number], name, &found) + found;
	if (place < ordered->block[number]->count)
		return ordered->block[number]->object[place];
	return number + 1 < ordered->count ? ordered->block[number + 1]->object[0] : NULL;
}

/* Make an empty block at a place in the list, which has to be filled. */
static enum err insert_block(struct ordered *ordered, size_t number)
{
	struct ordered_block *block = malloc(sizeof(*block));

	if (block != NULL && ordered->count == ordered->capacity) {
		size_t capacity = ordered->capacity > 0 ? 2 * ordered->capacity : 4;
		struct ordered_block **list =
			reallocarray(ordered->block, capacity, sizeof(struct ordered_block *));

		if (list == NULL) {
			free(block);
			return ERR_NO_MEMORY;
		}
		ordered->block = list;
		ordered->capacity = capacity;
	}
	if (block == NULL)
		return ERR_NO_MEMORY;
	memmove(ordered->block + number + 1, ordered->block + number,
		(ordered->count - number) * sizeof(struct ordered_block *));
	*block = (struct ordered_block){ .count = 0 };
	ordered->block[number] = block;
	ordered->count++;
	return ERR_OK;
}

/* Names that come in order fill block after block; others find room in two halves. */
static enum err make_room(struct ordered *ordered, size_t *number, size_t *place)
{
	bool at_the_end = *number + 1 == ordered->count && *place == BLOCK_SIZE;
	size_t kept = at_the_end ? BLOCK_SIZE : BLOCK_SIZE / 2;
	struct ordered_block *full, *new;
	enum err err = insert_block(ordered, *number + 1);

	if (err != ERR_OK)
		return err;
	full = ordered->block[*number];
	new = ordered->block[*number + 1];
	new->count = BLOCK_SIZE - kept;
	memcpy(new->object, full->object + kept, new->count * sizeof(*new->object));
	full->count = kept;
	for (size_t i = 0; i < new->count; i++) {
		count_in(full, marks_of(ordered, new->object[i]), -1);
		count_in(new, marks_of(ordered, new->object[i]), 1);
	}
	if (at_the_end || *place > kept) {
		*place -= kept;
		++*number;
	}
	return ERR_OK;
}

enum err ordered_add(struct ordered *ordered, void *object)
{
	size_t number, place;
	struct ordered_block *block;
	bool found;
	enum err err = ordered->count == 0 ? insert_block(ordered, 0) : ERR_OK;

	if (err != ERR_OK)
		return err;
	number = find_block(ordered, name_of(ordered, object));
	place = find_place(ordered, ordered->block[number], name_of(ordered, object), &found);
	if (ordered->block[number]->count == BLOCK_SIZE)
		err = make_room(ordered, &number, &place);
	if (err != ERR_OK)
		return err;
	block = ordered->block[number];
	memmove(block->object + place + 1, block->object + place,
		(block->count - place) * sizeof(*block->object));
	block->object[place] = object;
	block->count++;
	count_marks(ordered, block, marks_of(ordered, object), 1);
	ordered->objects++;
	return ERR_OK;
}

static void remove_block(struct ordered *ordered, size_t number)
{
	free(ordered->block[number]);
	ordered->count--;
	memmove(ordered->block + number, ordered->block + number + 1,
		(ordered->count - number) * sizeof(struct ordered_block *));
}

void *ordered_remove(struct ordered *ordered, const char *name)
{
	struct ordered_block *block;
	size_t number, place;
	void *object;
	bool found;

	if (ordered->count == 0)
		return NULL;
	number = find_block(ordered, name);
	block = ordered->block[number];
	place = find_place(ordered, block, name, &found);
	if (!found)
		return NULL;
	object = block->object[place];
	count_marks(ordered, block, marks_of(ordered, object), -1);
	block->count--;
	memmove(block->object + place, block->object + place + 1,
		(block->count - place) * sizeof(*block->object));
	if (block->count == 0)
		remove_block(ordered, number);
	ordered->objects--;
	return object;
}

enum err ordered_each(const struct ordered *ordered, enum err (*each)(void *context, void *object),
		      void *context)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < ordered->count; i++) {
		const struct ordered_block *block = ordered->block[i];

		for (size_t j = 0; err == ERR_OK && j < block->count; j++)
			err = each(context, block->object[j]);
	}
	return err;
}

void ordered_mark(struct ordered *ordered, void *object, uint16_t marks)
{
	uint16_t before = marks_of(ordered, object);
	struct ordered_block *block;

	if (before == marks)
		return;
	block = ordered->block[find_block(ordered, name_of(ordered, object))];
	count_marks(ordered, block, before, -1);
	count_marks(ordered, block, marks, 1);
	*(uint16_t *)(void *)((char *)object + ordered->marks_at) = marks;
}

static void *find_marked(const struct ordered *ordered, const struct ordered_block *block, size_t place,
			 unsigned mark)
{
	for (; block->bear[mark] > 0 && place < block->count; place++) {
		if ((marks_of(ordered, block->object[place]) >> mark & 1) != 0)
			return block->object[place];
	}
	return NULL;
}

void *ordered_after_marked(const struct ordered *ordered, const char *name, unsigned mark)
{
	size_t number = 0, place = 0;
	void *object = NULL;
	bool found;

	if (ordered->bear[mark] == 0)
		return NULL;
	if (name != NULL) {
		number = find_block(ordered, name);
		place = find_place(ordered, ordered->block[number], name, &found) + found;
	}
	for (; object == NULL && number < ordered->count; number++, place = 0)
		object = find_marked(ordered, ordered->block[number], place, mark);
	return object;
}

void ordered_clear(struct ordered *ordered, void (*release)(void *object))
{
	for (size_t i = 0; i < ordered->count; i++) {
		for (size_t j = 0; j < ordered->block[i]->count; j++)
			release(ordered->block[i]->object[j]);
		free(ordered->block[i]);
	}
	free(ordered->block);
	*ordered = (struct ordered){ .name_at = ordered->name_at,
				     .marks_at = ordered->marks_at,
				     .marked = ordered->marked };
}
