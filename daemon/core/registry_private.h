/* SPDX-License-Identifier: ISC */
#ifndef CORE_REGISTRY_PRIVATE_H
#define CORE_REGISTRY_PRIVATE_H

/**
 * Inside of the registry: registry.c keeps the live set, registry_load.c makes it what the store holds.
 * Included after registry.h.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct registry {
	pthread_rwlock_t lock; /* over the tree and every domain's published */
	void *tree;
	size_t published;
	bool stale;     /* the store has not been read to its end since it was in doubt */
	bool recovered; /* it has, and nobody took notice yet */
	bool partial;   /* read from a damaged store: there may be more domains; under the lock */
};

#endif
