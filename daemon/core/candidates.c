/* SPDX-License-Identifier: ISC */
#include "core/candidates.h"

#include "base/allocation.h"

#include <stdlib.h>
#include <string.h>

/* Names of one kind, in order, and how many of them are taken. */
struct list {
	const char **item;
	size_t count;
	size_t capacity;
	size_t taken;
};

enum kind { KIND_LOOSE, KIND_ORPHANED, KIND_REFUSED, KIND_SAID, KIND_TOLD };

#define KIND_COUNT (KIND_TOLD + 1)

static enum err put(struct list *list, const char *name)
{
	const char **grown = allocation_grow(list->item, list->count, &list->capacity, sizeof(*grown));

	if (grown == NULL)
		return ERR_NO_MEMORY;
	list->item = grown;
	list->item[list->count++] = name;
	return ERR_OK;
}

static enum err put_domain(void *context, const struct domain *domain)
{
	return put(context, domain->name);
}

static enum err put_entry(void *context, const struct said_entry *entry)
{
	return put(context, entry->said->domain);
}

static enum err put_name(void *context, const char *name)
{
	return put(context, name);
}

static enum err list_all(const struct registry *registry, const struct domains *now, struct list *lists)
{
	enum err err = registry_each(registry, put_domain, &lists[KIND_LOOSE]);

	return err == ERR_OK ? domains_each(now, put_entry, &lists[KIND_SAID]) : err;
}

static enum err list_some(const struct registry *registry, const struct domains *before,
			  const struct domains *now, const struct names *told, struct list *lists)
{
	enum err err = registry_each_marked(registry, MARK_LOOSE, put_domain, &lists[KIND_LOOSE]);

	if (err == ERR_OK)
		err = registry_each_marked(registry, MARK_ORPHANED, put_domain, &lists[KIND_ORPHANED]);
	if (err == ERR_OK)
		err = registry_each_marked(registry, MARK_REFUSED, put_domain, &lists[KIND_REFUSED]);
	if (err == ERR_OK)
		err = domains_differ(before, now, put_name, &lists[KIND_SAID]);
	for (size_t i = 0; err == ERR_OK && i < told->count; i++)
		err = put(&lists[KIND_TOLD], told->item[i]);
	return err;
}

/* The first name that is left in any list, taken out of all of them; NULL: there is none. */
static const char *take(struct list *lists, bool in[KIND_COUNT])
{
	const char *first = NULL;

	for (int i = 0; i < KIND_COUNT; i++) {
		struct list *list = &lists[i];

		if (list->taken < list->count &&
		    (first == NULL || strcmp(list->item[list->taken], first) < 0))
			first = list->item[list->taken];
	}
	for (int i = 0; first != NULL && i < KIND_COUNT; i++) {
		struct list *list = &lists[i];

		in[i] = list->taken < list->count && strcmp(list->item[list->taken], first) == 0;
		list->taken += in[i];
	}
	return first;
}

/* Where it is said counts only for what is told of it. */
static bool is_wished_anew(const struct domains *before, const struct said_entry *entry)
{
	struct said_entry old;

	if (before == NULL)
		return true;
	old = domains_find(before, entry->said->domain);
	return old.said == NULL || old.twice || !said_same_wish(old.said, entry->said);
}

static struct candidate candidate_of(const struct domains *before, const struct domains *now,
				     const char *name, const bool in[KIND_COUNT])
{
	struct candidate candidate = { .name = name, .entry = domains_find(now, name) };

	candidate.again = candidate.entry.said != NULL && !candidate.entry.twice &&
			  (in[KIND_LOOSE] || in[KIND_TOLD] || is_wished_anew(before, &candidate.entry));
	return candidate;
}

static enum err merge(const struct domains *before, const struct domains *now, struct list *lists,
		      struct candidates *candidates)
{
	bool in[KIND_COUNT] = { false };
	size_t capacity = 0;
	const char *name;

	while ((name = take(lists, in)) != NULL) {
		struct candidate *grown =
			allocation_grow(candidates->item, candidates->count, &capacity, sizeof(*grown));

		if (grown == NULL)
			return ERR_NO_MEMORY;
		candidates->item = grown;
		candidates->item[candidates->count++] = candidate_of(before, now, name, in);
	}
	return ERR_OK;
}

enum err candidates_find(const struct registry *registry, const struct domains *before,
			 const struct domains *now, const struct names *told, struct candidates *candidates)
{
	struct list lists[KIND_COUNT] = { 0 };
	enum err err = before == NULL ? list_all(registry, now, lists)
				      : list_some(registry, before, now, told, lists);

	if (err == ERR_OK)
		err = merge(before, now, lists, candidates);
	for (int i = 0; i < KIND_COUNT; i++)
		free(lists[i].item);
	return err;
}

void candidates_free(struct candidates *candidates)
{
	free(candidates->item);
	*candidates = (struct candidates){ 0 };
}
