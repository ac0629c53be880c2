/* SPDX-License-Identifier: ISC */
#include "base/names.h"

#include "base/allocation.h"

#include <stdlib.h>
#include <string.h>

enum err names_put(struct names *names, const char *name)
{
	char **item = allocation_grow(names->item, names->count, &names->capacity, sizeof(*item));
	char *copy;

	if (item == NULL)
		return ERR_NO_MEMORY;
	names->item = item;
	copy = strdup(name);
	if (copy == NULL)
		return ERR_NO_MEMORY;
	names->item[names->count++] = copy;
	return ERR_OK;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void names_sort(struct names *names)
{
	size_t kept = 0;

	if (names->count == 0)
		return;
	qsort(names->item, names->count, sizeof(*names->item), by_name);
	for (size_t i = 1; i < names->count; i++) {
		if (strcmp(names->item[kept], names->item[i]) == 0)
			free(names->item[i]);
		else
			names->item[++kept] = names->item[i];
	}
	names->count = kept + 1;
}

bool names_has(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->item[i], name) == 0)
			return true;
	}
	return false;
}

bool names_has_sorted(const struct names *names, const char *name)
{
	return names->count > 0 &&
	       bsearch(&name, names->item, names->count, sizeof(*names->item), by_name) != NULL;
}

void names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->item[i]);
	free(names->item);
	*names = (struct names){ 0 };
}
