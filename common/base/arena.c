/* SPDX-License-Identifier: ISC */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

/* They grow, since most arenas have little to keep, and there may be very many of those that have. */
#define FIRST_SIZE ((size_t)128)
#define SIZE       ((size_t)4 << 10)

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	_Alignas(max_align_t) char bytes[];
};

static struct arena_chunk *add_chunk(struct arena *arena, size_t size)
{
	size_t usual = arena->chunk == NULL ? FIRST_SIZE : 2 * arena->chunk->size;
	struct arena_chunk *chunk;

	if (usual > SIZE)
		usual = SIZE;
	if (size < usual)
		size = usual;
	chunk = calloc(1, sizeof(*chunk) + size);
	if (chunk == NULL)
		return NULL;
	chunk->next = arena->chunk;
	chunk->size = size;
	arena->chunk = chunk;
	arena->used = 0;
	arena->held += sizeof(*chunk) + size;
	return chunk;
}

static void *take(struct arena *arena, size_t size, size_t align)
{
	struct arena_chunk *chunk = arena->chunk;
	size_t at = (arena->used + align - 1) / align * align;

	if (chunk == NULL || at > chunk->size || size > chunk->size - at) {
		chunk = add_chunk(arena, size);
		at = 0;
	}
	if (chunk == NULL)
		return NULL;
	arena->used = at + size;
	return chunk->bytes + at;
}

void *arena_take(struct arena *arena, size_t size)
{
	return take(arena, size, _Alignof(max_align_t));
}

char *arena_copy(struct arena *arena, const char *string)
{
	size_t size = strlen(string) + 1;
	char *copy = take(arena, size, 1);

	return copy != NULL ? memcpy(copy, string, size) : NULL;
}

void arena_free(struct arena *arena)
{
	while (arena->chunk != NULL) {
		struct arena_chunk *chunk = arena->chunk;

		arena->chunk = chunk->next;
		free(chunk);
	}
	*arena = (struct arena){ .chunk = NULL };
}
