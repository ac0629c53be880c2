/* SPDX-License-Identifier: ISC */
#include "config/domain_set.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static size_t more(size_t capacity)
{
	return capacity > 0 ? capacity * 2 : 16;
}

/* The set's own copy of a string, or NULL without memory. */
static const char *keep(struct domain_set *set, const char *string)
{
	return names_put(&set->strings, string) == ERR_OK ? set->strings.item[set->strings.count - 1] : NULL;
}

enum err domain_set_keep(struct domain_set *set, struct policy **policy)
{
	if (set->policies == set->policy_capacity) {
		size_t capacity = more(set->policy_capacity);
		struct policy **grown = reallocarray(set->policy, capacity, sizeof(*grown));

		if (grown == NULL)
			return ERR_NO_MEMORY;
		set->policy = grown;
		set->policy_capacity = capacity;
	}
	set->policy[set->policies++] = *policy;
	*policy = NULL;
	return ERR_OK;
}

static enum err keep_item(struct domain_set *set, const struct configured *item)
{
	if (set->count == set->capacity) {
		size_t capacity = more(set->capacity);
		struct configured *grown = reallocarray(set->item, capacity, sizeof(*grown));

		if (grown == NULL)
			return ERR_NO_MEMORY;
		set->item = grown;
		set->capacity = capacity;
	}
	set->item[set->count++] = *item;
	return ERR_OK;
}

enum err domain_set_begin(struct domain_set *set, const char *path)
{
	set->source = keep(set, path);
	return set->source != NULL ? ERR_OK : ERR_NO_MEMORY;
}

enum err domain_set_add(struct domain_set *set, const char *domain, const char *file, unsigned line,
			const struct policy *policy, const char *id)
{
	struct configured item = { .policy = policy, .source = set->source, .line = line };

	if (set->file == NULL || strcmp(set->file, file) != 0)
		set->file = keep(set, file);
	item.file = set->file;
	item.domain = keep(set, domain);
	if (item.file == NULL || item.domain == NULL)
		return ERR_NO_MEMORY;
	if (id != NULL && id_is_valid(id))
		memcpy(item.id, id, strlen(id) + 1);
	return keep_item(set, &item);
}

static int order(const void *a, const void *b)
{
	const struct configured *left = a;
	const struct configured *right = b;
	int order = strcmp(left->domain, right->domain);

	if (order == 0)
		order = strcmp(left->file, right->file);
	if (order == 0)
		order = (left->line > right->line) - (left->line < right->line);
	return order;
}

static bool is_same_place(const struct configured *a, const struct configured *b)
{
	return a->line == b->line && strcmp(a->file, b->file) == 0;
}

/* Another place in a run of the same name: the first, and of the first the one behind it; NULL for none. */
static const struct configured *other_place(const struct configured *run, size_t count, size_t i)
{
	if (!is_same_place(&run[i], &run[0]))
		return &run[0];
	while (i < count && is_same_place(&run[i], &run[0]))
		i++;
	return i < count ? &run[i] : NULL;
}

static void complain_place(struct complaints *complaints, const struct configured *item,
			   const struct configured *other)
{
	struct text instead = { 0 };
	enum err err;

	if (other == NULL)
		err = text_appendf(&instead, "remove one");
	else if (other->line > 0)
		err = text_appendf(&instead, "name it here or at %s:%u, not at both places", other->file,
				   other->line);
	else
		err = text_appendf(&instead, "name it here or at %s, not at both places", other->file);
	complain(complaints, SEVERITY_ERROR, item->file, item->line, "domain is named twice", item->domain,
		 err == ERR_OK ? instead.bytes : "name it once");
	text_free(&instead);
}

/* Complain once at each place of a name. */
static void complain_run(struct complaints *complaints, const struct configured *run, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || !is_same_place(&run[i], &run[i - 1]))
			complain_place(complaints, &run[i], other_place(run, count, i));
	}
}

void domain_set_sort(struct domain_set *set, size_t first, struct complaints *complaints)
{
	size_t count = set->count - first;
	struct configured *item;
	size_t kept = 0;

	if (count == 0)
		return;
	item = set->item + first;
	qsort(item, count, sizeof(*item), order);
	for (size_t i = 0, next; i < count; i = next) {
		for (next = i + 1; next < count && strcmp(item[i].domain, item[next].domain) == 0;)
			next++;
		if (next - i > 1)
			complain_run(complaints, &item[i], next - i);
		item[kept] = item[i];
		item[kept++].refused = next - i > 1;
	}
	set->count = first + kept;
}

void domain_set_free(struct domain_set *set)
{
	for (size_t i = 0; i < set->policies; i++)
		policy_free(&set->policy[i]);
	names_free(&set->strings);
	free(set->policy);
	free(set->item);
	*set = (struct domain_set){ 0 };
}
