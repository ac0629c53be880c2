/* SPDX-License-Identifier: ISC */
#include "base/allocation.h"

#include <stdlib.h>

#define CAPACITY_FIRST 4

static _Thread_local bool refused;

void *allocation_grow(void *array, size_t count, size_t *capacity, size_t size)
{
	size_t more = *capacity > 0 ? *capacity * 2 : CAPACITY_FIRST;
	void *grown = count == *capacity ? reallocarray(array, more, size) : array;

	if (grown != NULL && count == *capacity)
		*capacity = more;
	return grown;
}

void *allocation_make(size_t size)
{
	void *made = malloc(size);

	refused = refused || made == NULL;
	return made;
}

bool allocation_was_refused(void)
{
	bool was = refused;

	refused = false;
	return was;
}
