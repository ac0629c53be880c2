/* SPDX-License-Identifier: ISC */
#include "core/revision.h"

#include "log/log_event.h"
#include "policy/syntax.h"

#include <stdlib.h>
#include <string.h>

/* The public part comes first, so that a pointer to it is a pointer to the whole. */
struct counted {
	struct revision public;
	struct revision_tally tally;
	atomic_uint references;
	char text[];
};

enum err revision_new(const char *id, const char *text, size_t len, time_t published_at,
		      struct revision **revision)
{
	struct complaints complaints = { 0 };
	struct policy *policy = NULL;
	struct counted *new = NULL;
	enum err err = syntax_parse(text, len, "published policy", &complaints, &policy);

	if (err == ERR_OK && !id_is_valid(id))
		err = ERR_SYNTAX;
	if (err == ERR_SYNTAX)
		log_event_complaints(&complaints);
	if (err == ERR_OK) {
		new = malloc(sizeof(*new) + len + 1);
		err = new != NULL ? ERR_OK : ERR_NO_MEMORY;
	}
	if (err == ERR_OK) {
		memcpy(new->text, text, len);
		new->text[len] = '\0';
		new->tally = (struct revision_tally){ .is_taken = false };
		atomic_init(&new->references, 1);
		new->public = (struct revision){ .text = new->text,
						 .len = len,
						 .mode = policy->mode,
						 .max_age = policy->max_age,
						 .published_at = published_at };
		memcpy(new->public.id, id, strlen(id) + 1);
		*revision = &new->public;
	}
	policy_free(&policy);
	complaints_free(&complaints);
	return err;
}

enum err revision_policy(const struct revision *revision, struct policy **policy)
{
	struct complaints complaints = { 0 };
	enum err err = syntax_parse(revision->text, revision->len, "published policy", &complaints, policy);

	complaints_free(&complaints);
	return err;
}

struct revision_tally *revision_tally(struct revision *revision)
{
	return &((struct counted *)revision)->tally;
}

int64_t revision_fetched(struct revision *revision)
{
	return atomic_load_explicit(&revision_tally(revision)->total, memory_order_relaxed);
}

void revision_follow(struct revision *next, struct revision *former)
{
	atomic_store_explicit(&revision_tally(next)->total, revision_fetched(former), memory_order_relaxed);
}

struct revision *revision_retain(struct revision *revision)
{
	(void)atomic_fetch_add_explicit(&((struct counted *)revision)->references, 1, memory_order_relaxed);
	return revision;
}

void revision_release(struct revision **revision)
{
	struct counted *counted = (struct counted *)*revision;

	if (counted != NULL && atomic_fetch_sub_explicit(&counted->references, 1, memory_order_acq_rel) == 1)
		free(counted);
	*revision = NULL;
}
