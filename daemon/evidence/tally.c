/* SPDX-License-Identifier: ISC */
#include "evidence/tally.h"

#include <pthread.h>
#include <stdlib.h>

/* Revisions with fetches that nobody took yet stand in fresh; those that are being written, in taken. */
struct tally {
	pthread_mutex_t lock; /* over fresh and the fresh part of every revision's tally */
	struct revision *fresh;
	struct revision *taken;
	bool missed;       /* a fetch for which there was no memory; under the lock */
	bool taken_missed; /* the same, being written */
	bool kept;         /* the store knows that this run counts */
	struct fate fate;  /* of the last transaction that wrote what is taken */
};

enum err tally_new(struct tally **tally)
{
	struct tally *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	(void)pthread_mutex_init(&new->lock, NULL);
	*tally = new;
	return ERR_OK;
}

static void add(struct fetches *to, const struct fetches *more)
{
	if (to->count == 0)
		to->first_at = more->first_at;
	to->count += more->count;
	to->last_at = more->last_at > to->last_at ? more->last_at : to->last_at;
}

/* Move what is fresh to what is taken; a revision stands there once, however often it was moved. */
static void take(struct tally *tally)
{
	(void)pthread_mutex_lock(&tally->lock);
	tally->taken_missed = tally->taken_missed || tally->missed;
	tally->missed = false;
	while (tally->fresh != NULL) {
		struct revision *revision = tally->fresh;
		struct revision_tally *counts = revision_tally(revision);

		tally->fresh = counts->next_fresh;
		add(&counts->taken, &counts->fresh);
		counts->fresh = (struct fetches){ 0 };
		if (counts->is_taken) {
			revision_release(&revision);
			continue;
		}
		counts->is_taken = true;
		counts->next_taken = tally->taken;
		tally->taken = revision;
	}
	(void)pthread_mutex_unlock(&tally->lock);
}

static void forget_taken(struct tally *tally)
{
	tally->taken_missed = false;
	while (tally->taken != NULL) {
		struct revision *revision = tally->taken;
		struct revision_tally *counts = revision_tally(revision);

		tally->taken = counts->next_taken;
		counts->taken = (struct fetches){ 0 };
		counts->next_taken = NULL;
		counts->is_taken = false;
		revision_release(&revision);
	}
}

void tally_free(struct tally **tally)
{
	if (*tally == NULL)
		return;
	take(*tally);
	forget_taken(*tally);
	(void)pthread_mutex_destroy(&(*tally)->lock);
	free(*tally);
	*tally = NULL;
}

void tally_note(struct tally *tally, struct revision *revision, time_t now)
{
	const struct fetches one = { .count = 1, .first_at = now, .last_at = now };
	struct revision_tally *counts = revision_make_tally(revision);

	(void)pthread_mutex_lock(&tally->lock);
	if (counts == NULL) {
		tally->missed = true;
		(void)pthread_mutex_unlock(&tally->lock);
		return;
	}
	if (counts->fresh.count == 0) {
		counts->next_fresh = tally->fresh;
		tally->fresh = revision_retain(revision);
	}
	add(&counts->fresh, &one);
	(void)pthread_mutex_unlock(&tally->lock);
	(void)atomic_fetch_add_explicit(&counts->total, 1, memory_order_relaxed);
}

static enum err write_taken(const struct tally *tally, struct store *store, time_t now)
{
	struct store_txn *txn = NULL;
	enum err err = store_begin_modest(store, &txn);

	for (struct revision *revision = tally->taken; err == ERR_OK && revision != NULL;
	     revision = revision_tally(revision)->next_taken)
		err = fetches_add(txn, revision->number, &revision_tally(revision)->taken);
	if (err == ERR_OK && tally->taken_missed)
		err = fetches_missed(txn, now);
	if (err == ERR_OK)
		err = fetches_counted(txn, now);
	if (err == ERR_OK)
		err = store_commit(&txn);
	store_rollback(&txn);
	return err;
}

enum err tally_write(struct tally *tally, struct store *store, time_t now)
{
	enum err err;

	/* Nothing joins what is taken before it is known whether that is written. */
	if (tally->fate.open)
		return ERR_STORE;
	if (tally->fate.done)
		forget_taken(tally);
	tally->fate.done = false;
	take(tally);
	if (tally->taken == NULL && !tally->taken_missed)
		return ERR_OK;
	err = write_taken(tally, store, now);
	if (err == ERR_OK)
		forget_taken(tally);
	if (err == ERR_UNKNOWN)
		store_follow(store, &tally->fate);
	return err;
}

static enum err note_run(struct store *store, time_t now, enum err (*note)(struct store_txn *txn, time_t now))
{
	struct store_txn *txn = NULL;
	enum err err = store_begin_modest(store, &txn);

	if (err == ERR_OK)
		err = note(txn, now);
	if (err == ERR_OK)
		err = store_commit(&txn);
	store_rollback(&txn);
	return err;
}

void tally_keep(struct tally *tally, struct store *store, time_t now)
{
	if (!tally->kept)
		tally->kept = note_run(store, now, fetches_begin) == ERR_OK;
	if (tally->kept)
		(void)tally_write(tally, store, now);
}

void tally_end(struct tally *tally, struct store *store, time_t now)
{
	if (tally->kept && tally_write(tally, store, now) == ERR_OK)
		(void)note_run(store, now, fetches_end);
}
