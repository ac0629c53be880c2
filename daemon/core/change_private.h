/* SPDX-License-Identifier: ISC */
#ifndef CORE_CHANGE_PRIVATE_H
#define CORE_CHANGE_PRIVATE_H

/**
 * Inside of the changes of an order: change.c works them out, change_write.c writes and publishes them.
 * Included after change.h.
 *
 * Threads: the main thread.
 */

#include "core/place.h"

/** What only the second half of a change needs. */
struct half {
	struct domain *domain;     /* NULL: new, and changes_prepare() did not make it yet */
	struct revision *incoming; /* the reference that the registry takes over */
	char *source;              /* new path of the domain's file, or NULL when it stays */
	bool adopts;               /* it publishes what another host did */
	char *forgotten;           /* name of a domain that is to be forgotten, or NULL */
	struct place place;
};

struct changes_private {
	struct registry *registry;
	struct store *store;
	time_t now;
	bool keep_unchanged;
	size_t capacity;
	struct half *half; /* one for each change */
};

#endif
