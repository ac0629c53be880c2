/* SPDX-License-Identifier: ISC */
#include "core/revision.h"

#include "base/shared.h"
#include "log/log_event.h"
#include "policy/syntax.h"

#include <stdlib.h>
#include <string.h>

/* What is noted of a text: its mode above its max_age, so that each is parsed once. */
static struct shared_set texts = SHARED_SET;

static uint64_t note_of(const struct policy *policy)
{
	return (uint64_t)policy->mode << 32 | policy->max_age;
}

static enum err parse(const char *text, size_t len, const char **shared)
{
	struct complaints complaints = { 0 };
	struct policy *policy = NULL;
	enum err err = syntax_parse(text, len, "published policy", &complaints, &policy);

	if (err == ERR_OK) {
		*shared = shared_put(&texts, text, len, note_of(policy));
		err = *shared != NULL ? ERR_OK : ERR_NO_MEMORY;
	} else if (err == ERR_SYNTAX) {
		log_event_complaints(&complaints);
	}
	policy_free(&policy);
	complaints_free(&complaints);
	return err;
}

enum err revision_new(const char *id, const char *text, size_t len, time_t published_at,
		      struct revision **revision)
{
	const char *shared = shared_find(&texts, text, len);
	struct revision *new;
	enum err err = shared != NULL ? ERR_OK : parse(text, len, &shared);

	if (err == ERR_OK && !id_is_valid(id))
		err = ERR_SYNTAX;
	new = err == ERR_OK ? malloc(sizeof(*new) + strlen(id) + 1) : NULL;
	if (err == ERR_OK && new == NULL)
		err = ERR_NO_MEMORY;
	if (err != ERR_OK) {
		shared_drop(&texts, &shared);
		return err;
	}
	new->text = shared;
	new->number = 0;
	new->published_at = published_at;
	atomic_init(&new->tally, NULL);
	atomic_init(&new->references, 1);
	new->mode = (enum mode)(shared_note(shared) >> 32);
	memcpy(new->id, id, strlen(id) + 1);
	*revision = new;
	return ERR_OK;
}

size_t revision_len(const struct revision *revision)
{
	return shared_len(revision->text);
}

uint32_t revision_max_age(const struct revision *revision)
{
	return (uint32_t)shared_note(revision->text);
}

enum err revision_policy(const struct revision *revision, struct policy **policy)
{
	struct complaints complaints = { 0 };
	enum err err =
		syntax_parse(revision->text, revision_len(revision), "published policy", &complaints, policy);

	complaints_free(&complaints);
	return err;
}

struct revision_tally *revision_tally(struct revision *revision)
{
	return atomic_load_explicit(&revision->tally, memory_order_acquire);
}

struct revision_tally *revision_make_tally(struct revision *revision)
{
	struct revision_tally *there = revision_tally(revision);
	struct revision_tally *new = there == NULL ? calloc(1, sizeof(*new)) : NULL;

	if (new == NULL)
		return there;
	/* Another worker may have been first. */
	if (atomic_compare_exchange_strong_explicit(&revision->tally, &there, new, memory_order_acq_rel,
						    memory_order_acquire))
		return new;
	free(new);
	return there;
}

int64_t revision_fetched(struct revision *revision)
{
	struct revision_tally *tally = revision_tally(revision);

	return tally != NULL ? atomic_load_explicit(&tally->total, memory_order_relaxed) : 0;
}

void revision_follow(struct revision *next, struct revision *former)
{
	int64_t fetched = revision_fetched(former);
	struct revision_tally *tally = fetched > 0 ? revision_make_tally(next) : NULL;

	if (tally != NULL)
		atomic_store_explicit(&tally->total, fetched, memory_order_relaxed);
}

size_t revision_memory(const struct revision *revision)
{
	return sizeof(*revision) + strlen(revision->id) + 1;
}

struct revision *revision_retain(struct revision *revision)
{
	(void)atomic_fetch_add_explicit(&revision->references, 1, memory_order_relaxed);
	return revision;
}

void revision_release(struct revision **revision)
{
	struct revision *old = *revision;

	*revision = NULL;
	if (old == NULL || atomic_fetch_sub_explicit(&old->references, 1, memory_order_acq_rel) != 1)
		return;
	shared_drop(&texts, &old->text);
	free(revision_tally(old));
	free(old);
}
