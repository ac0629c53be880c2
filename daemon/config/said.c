/* SPDX-License-Identifier: ISC */
#include "config/said.h"

#include "base/allocation.h"
#include "base/progress.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Most files have one domain, and there may be very many files. */
enum err said_new(const char *path, struct said **said)
{
	struct said *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->users = 1;
	new->capacity = 1;
	new->item = malloc(sizeof(*new->item));
	new->path = strdup(path);
	if (new->item == NULL || new->path == NULL) {
		said_release(&new);
		return ERR_NO_MEMORY;
	}
	*said = new;
	return ERR_OK;
}

/* A copy of a string that lives as long, or NULL without memory. */
static const char *keep(struct said *said, const char *string)
{
	return names_put(&said->strings, string) == ERR_OK ? said->strings.item[said->strings.count - 1]
							   : NULL;
}

enum err said_keep(struct said *said, struct policy **policy)
{
	struct policy **grown =
		allocation_grow(said->policy, said->policies, &said->policy_capacity, sizeof(*grown));

	if (grown == NULL)
		return ERR_NO_MEMORY;
	said->policy = grown;
	said->policy[said->policies++] = *policy;
	*policy = NULL;
	return ERR_OK;
}

/* The file itself, the path that came last, or a new one. */
static const char *keep_place(struct said *said, const char *file)
{
	if (strcmp(said->path, file) == 0)
		return said->path;
	if (said->place == NULL || strcmp(said->place, file) != 0)
		said->place = keep(said, file);
	return said->place;
}

enum err said_add(struct said *said, const char *domain, const char *file, unsigned line,
		  const struct policy *policy, const struct said_extra *extra)
{
	struct configured item = { .policy = policy, .source = said->path, .line = line };
	struct configured *grown;
	char record[OWNER_SIZE];
	enum err err = progress_step();

	if (err != ERR_OK)
		return err;
	grown = allocation_grow(said->item, said->count, &said->capacity, sizeof(*grown));
	if (grown == NULL)
		return ERR_NO_MEMORY;
	said->item = grown;
	item.file = keep_place(said, file);
	item.domain = keep(said, domain);
	if (item.file == NULL || item.domain == NULL)
		return ERR_NO_MEMORY;
	if (extra->id != NULL && id_is_valid(extra->id))
		memcpy(item.id, extra->id, strlen(extra->id) + 1);
	if (extra->record != NULL && record_owner_normalise(extra->record, record) == ERR_OK) {
		item.record = keep(said, record);
		if (item.record == NULL)
			return ERR_NO_MEMORY;
	}
	said->item[said->count++] = item;
	return ERR_OK;
}

static void drop(struct said *said)
{
	for (size_t i = 0; i < said->policies; i++)
		policy_free(&said->policy[i]);
	free(said->policy);
	free(said->item);
	names_free(&said->strings);
	said->policy = NULL;
	said->item = NULL;
	said->count = said->capacity = said->policies = said->policy_capacity = 0;
	said->place = NULL;
}

/* Nothing is lost when the array does not become smaller. */
void said_finish(struct said *said, bool refused)
{
	struct configured *small = NULL;

	said->refused = refused;
	if (refused)
		drop(said);
	if (said->count > 0 && said->count < said->capacity)
		small = reallocarray(said->item, said->count, sizeof(*small));
	if (small != NULL) {
		said->item = small;
		said->capacity = said->count;
	}
}

/* Those that cannot be kept are found again when the file is read again. */
void said_complain(struct said *said, struct complaints *complaints)
{
	if (complaints->count == 0 && complaints->lost == 0)
		return;
	said->complaints = calloc(1, sizeof(*said->complaints));
	if (said->complaints == NULL || complaints->lost > 0)
		said->stamps.unsure = true;
	if (said->complaints != NULL)
		complaints_move(said->complaints, complaints);
	else
		complaints_free(complaints);
}

void said_renew(struct said *said, struct said *again)
{
	struct complaints *complaints = said->complaints;

	stamps_move(&said->stamps, &again->stamps);
	said->complaints = again->complaints;
	again->complaints = complaints;
}

static bool is_same_policy(const struct policy *a, const struct policy *b)
{
	bool same = a->mode == b->mode && a->max_age == b->max_age && a->mx.count == b->mx.count;

	for (size_t i = 0; same && i < a->mx.count; i++)
		same = strcmp(a->mx.item[i], b->mx.item[i]) == 0;
	return same;
}

bool said_same_wish(const struct configured *a, const struct configured *b)
{
	bool same_record = a->record == NULL || b->record == NULL ? a->record == b->record
								  : strcmp(a->record, b->record) == 0;

	return same_record && strcmp(a->domain, b->domain) == 0 && strcmp(a->id, b->id) == 0 &&
	       strcmp(a->source, b->source) == 0 &&
	       (a->policy == b->policy || is_same_policy(a->policy, b->policy));
}

static bool is_same(const struct configured *a, const struct configured *b)
{
	return a->line == b->line && strcmp(a->file, b->file) == 0 && said_same_wish(a, b);
}

bool said_same(const struct said *a, const struct said *b)
{
	bool same = a->refused == b->refused && a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		same = is_same(&a->item[i], &b->item[i]);
	return same;
}

struct said *said_retain(struct said *said)
{
	said->users++;
	return said;
}

void said_release(struct said **said)
{
	struct said *old = *said;

	*said = NULL;
	if (old == NULL || --old->users > 0)
		return;
	drop(old);
	stamps_free(&old->stamps);
	if (old->complaints != NULL)
		complaints_free(old->complaints);
	free(old->complaints);
	free(old->path);
	free(old);
}

static int order(const void *a, const void *b)
{
	const struct configured *left = ((const struct said_entry *)a)->said;
	const struct configured *right = ((const struct said_entry *)b)->said;
	int order = strcmp(left->domain, right->domain);

	if (order == 0)
		order = strcmp(left->file, right->file);
	if (order == 0)
		order = (left->line > right->line) - (left->line < right->line);
	return order;
}

static bool is_same_place(const struct said_entry *a, const struct said_entry *b)
{
	return a->said->line == b->said->line && strcmp(a->said->file, b->said->file) == 0;
}

/* Another place in a run of the same name: the first, and of the first the one behind it; NULL for none. */
static const struct configured *other_place(const struct said_entry *run, size_t count, size_t i)
{
	if (!is_same_place(&run[i], &run[0]))
		return run[0].said;
	while (i < count && is_same_place(&run[i], &run[0]))
		i++;
	return i < count ? run[i].said : NULL;
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
static void complain_run(struct complaints *complaints, const struct said_entry *run, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || !is_same_place(&run[i], &run[i - 1]))
			complain_place(complaints, run[i].said, other_place(run, count, i));
	}
}

size_t said_order(struct said_entry *entry, size_t count, struct complaints *complaints)
{
	size_t kept = 0, sorted = 1;

	/* Programs write lists that are sorted already. */
	while (sorted < count && order(&entry[sorted - 1], &entry[sorted]) <= 0)
		sorted++;
	if (sorted < count)
		qsort(entry, count, sizeof(*entry), order);
	for (size_t i = 0, next; i < count; i = next) {
		for (next = i + 1;
		     next < count && strcmp(entry[i].said->domain, entry[next].said->domain) == 0;)
			next++;
		if (next - i > 1)
			complain_run(complaints, &entry[i], next - i);
		entry[kept++] = (struct said_entry){ entry[i].said, next - i > 1 };
	}
	return kept;
}
