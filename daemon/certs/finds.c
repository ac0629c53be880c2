/* SPDX-License-Identifier: ISC */
#include "certs/finds_private.h"

#include "base/allocation.h"

#include <stdlib.h>
#include <string.h>

enum err finds_put(struct finds *finds, char *chain_path, char *key_path)
{
	struct find *item = NULL;

	if (chain_path != NULL && key_path != NULL)
		item = allocation_grow(finds->item, finds->count, &finds->capacity, sizeof(*item));
	if (item == NULL) {
		free(chain_path);
		free(key_path);
		return ERR_NO_MEMORY;
	}
	finds->item = item;
	finds->item[finds->count++] = (struct find){ chain_path, key_path };
	return ERR_OK;
}

static int by_chain_path(const void *a, const void *b)
{
	return strcmp(((const struct find *)a)->chain_path, ((const struct find *)b)->chain_path);
}

static int to_chain_path(const void *path, const void *member)
{
	return strcmp(path, ((const struct find *)member)->chain_path);
}

void finds_sort(struct finds *finds)
{
	if (finds->count > 0)
		qsort(finds->item, finds->count, sizeof(*finds->item), by_chain_path);
}

bool finds_has(const struct finds *finds, const char *chain_path)
{
	return finds->count > 0 &&
	       bsearch(chain_path, finds->item, finds->count, sizeof(*finds->item), to_chain_path) != NULL;
}

void finds_remove(struct finds *finds, size_t at)
{
	free(finds->item[at].chain_path);
	free(finds->item[at].key_path);
	finds->item[at] = finds->item[--finds->count];
}

void finds_cut(struct finds *finds, size_t count)
{
	while (finds->count > count)
		finds_remove(finds, finds->count - 1);
}

void finds_free(struct finds *finds)
{
	finds_cut(finds, 0);
	free(finds->item);
	*finds = (struct finds){ 0 };
}
