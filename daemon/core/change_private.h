/* SPDX-License-Identifier: ISC */
#ifndef CORE_CHANGE_PRIVATE_H
#define CORE_CHANGE_PRIVATE_H

/**
 * Inside of the changes of an order: change.c works them out, change_write.c writes and publishes them.
 * Included after change.h.
 *
 * Threads: the clerk's.
 */

#include "base/arena.h"
#include "base/text.h"
#include "core/place.h"

/** What only the order itself needs of a change. */
struct half {
	struct domain *domain; /* one that is new is in the registry after changes_prepare() */
	const char *source;    /* new path of the domain's file, or NULL when it stays */
	struct place *place;   /* NULL: its record is at its own name, and always was */
	bool forgotten;
	bool adopts; /* it publishes what another host did */
};

struct changes_private {
	struct registry *registry;
	struct store *store;
	time_t now;
	bool keep_unchanged;
	size_t capacity;
	struct half *half;         /* one for each change; NULL when they have ended */
	struct arena arena;        /* names, places and ids of records */
	struct text text;          /* what the last domain is to say */
	const struct policy *said; /* of which it is the text; NULL: of some other */
};

#endif
