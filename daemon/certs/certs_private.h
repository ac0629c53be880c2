/* SPDX-License-Identifier: ISC */
#ifndef CERTS_CERTS_PRIVATE_H
#define CERTS_CERTS_PRIVATE_H

/**
 * What an index of pairs is made of, for those who change it.
 */

#include "certs/catalogue_private.h"
#include "certs/facts_index_private.h"
#include "certs/walk_private.h"

#include <pthread.h>

/** Pairs that are known and were not read; zero-initialise. */
struct settle_list {
	struct pair **item; /**< references */
	size_t count, capacity;
	size_t done; /**< of them */
};

/** What the index is to be told; zero-initialise. */
struct settle_notes {
	struct text records;
	size_t count;
	bool lost; /**< there was no memory for all */
};

/* The clerk's thread is the only one that changes the catalogue, so it reads it without the lock. */
struct certs {
	pthread_rwlock_t lock;
	struct catalogue catalogue;
	/* Of a draft: what it is made from, and what is to become of that. */
	const struct certs *base; /* NULL: it is none */
	struct catalogue_change change;
	struct catalogue_entry *entry; /* of the new pair */
	size_t changed;                /* by the last load */
	struct facts_index index;
	bool index_read;
	struct settle_list unsettled; /* they may not have been read yet */
	struct settle_list touched;   /* came or went since certs_each_changed() */
	bool touched_lost;            /* there was no memory for all of them */
	time_t told_at;               /* when that was called */
	size_t read, parsed;          /* pairs, as certs_work() tells */
	struct walk_memory memory;    /* of the last load */
};

/** Have pairs read by certs_settle(), after those that are listed already, and the index know what is noted;
 * both lists are left empty, or as good as that. */
void settle_begin(struct certs *certs, struct settle_list *list, struct settle_notes *notes);

/** Note that a pair came or went. */
void certs_touch(struct certs *certs, struct pair *pair);

/** List a pair; returns ERR_OK, ERR_NO_MEMORY. */
enum err settle_list_put(struct settle_list *list, struct pair *pair);

/** Give up what is listed. */
void settle_list_free(struct settle_list *list);

/** Note a pair for the index; without memory, that it is to be written anew. */
void settle_note(struct settle_notes *notes, const struct pair *pair);

/** Note of a pair that was compared just now that its stamps can be relied on from now on, if so. */
void settle_note_age(struct settle_notes *notes, struct pair *pair, time_t now);

/** Have the index know what is noted, and all pairs if it is to be written anew. */
void settle_keep(struct certs *certs, struct settle_notes *notes);

/** Give up what is noted. */
void settle_notes_free(struct settle_notes *notes);

#endif
