/* SPDX-License-Identifier: ISC */
#include "base/allocation.h"

#include <stdlib.h>

static _Thread_local bool refused;

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
