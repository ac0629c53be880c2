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

static bool is_same_record(const struct terms *a, const struct terms *b)
{
	return a->record == NULL || b->record == NULL ? a->record == b->record
						      : strcmp(a->record, b->record) == 0;
}

/* The path of the terms before, or a new one. */
static const char *keep_file(struct said *said, const char *file)
{
	if (strcmp(file, said->path) == 0)
		return said->path;
	return said->terms != NULL && strcmp(file, said->terms->file) == 0 ? said->terms->file
									   : arena_copy(&said->arena, file);
}

static enum err keep_terms(struct said *said, const struct terms *terms)
{
	struct terms *new = arena_take(&said->arena, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	*new = *terms;
	new->file = keep_file(said, terms->file);
	new->id = terms->id[0] != '\0' ? arena_copy(&said->arena, terms->id) : "";
	new->record = terms->record != NULL ? arena_copy(&said->arena, terms->record) : NULL;
	if (new->file == NULL || new->id == NULL || (new->record == NULL) != (terms->record == NULL))
		return ERR_NO_MEMORY;
	said->terms = new;
	return ERR_OK;
}

/* Have the terms that were added last be these. */
static enum err agree(struct said *said, const struct terms *terms)
{
	const struct terms *last = said->terms;

	return last != NULL && last->policy == terms->policy && strcmp(last->file, terms->file) == 0 &&
			       strcmp(last->id, terms->id) == 0 && is_same_record(last, terms)
		       ? ERR_OK
		       : keep_terms(said, terms);
}

enum err said_add(struct said *said, const char *domain, const char *file, unsigned line,
		  const struct policy *policy, const struct said_extra *extra)
{
	struct terms terms = { .policy = policy, .id = "", .source = said->path, .file = file };
	struct configured *grown;
	char record[OWNER_SIZE];
	enum err err = progress_step();

	if (err != ERR_OK)
		return err;
	grown = allocation_grow(said->item, said->count, &said->capacity, sizeof(*grown));
	if (grown == NULL)
		return ERR_NO_MEMORY;
	said->item = grown;
	if (extra->id != NULL && id_is_valid(extra->id))
		terms.id = extra->id;
	if (extra->record != NULL && record_owner_normalise(extra->record, record) == ERR_OK)
		terms.record = record;
	domain = arena_copy(&said->arena, domain);
	err = domain != NULL ? agree(said, &terms) : ERR_NO_MEMORY;
	if (err == ERR_OK)
		said->item[said->count++] = (struct configured){ domain, said->terms, line };
	return err;
}

static void drop(struct said *said)
{
	for (size_t i = 0; i < said->policies; i++)
		policy_free(&said->policy[i]);
	free(said->policy);
	free(said->item);
	arena_free(&said->arena);
	said->policy = NULL;
	said->item = NULL;
	said->count = said->capacity = said->policies = said->policy_capacity = 0;
	said->terms = NULL;
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
	const struct terms *old = a->terms, *new = b->terms;

	return strcmp(a->domain, b->domain) == 0 && is_same_record(old, new) &&
	       strcmp(old->id, new->id) == 0 && strcmp(old->source, new->source) == 0 &&
	       (old->policy == new->policy || is_same_policy(old->policy, new->policy));
}

static bool is_same(const struct configured *a, const struct configured *b)
{
	return a->line == b->line && strcmp(a->terms->file, b->terms->file) == 0 && said_same_wish(a, b);
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
		order = strcmp(left->terms->file, right->terms->file);
	if (order == 0)
		order = (left->line > right->line) - (left->line < right->line);
	return order;
}

static bool is_same_place(const struct said_entry *a, const struct said_entry *b)
{
	return a->said->line == b->said->line && strcmp(a->said->terms->file, b->said->terms->file) == 0;
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
		err = text_appendf(&instead, "name it here or at %s:%u, not at both places",
				   other->terms->file, other->line);
	else
		err = text_appendf(&instead, "name it here or at %s, not at both places", other->terms->file);
	complain(complaints, SEVERITY_ERROR, item->terms->file, item->line, "domain is named twice",
		 item->domain, err == ERR_OK ? instead.bytes : "name it once");
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
