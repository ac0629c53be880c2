/* SPDX-License-Identifier: ISC */
#include "config/domains.h"

#include "base/allocation.h"
#include "config/domains_private.h"

#include <stdlib.h>
#include <string.h>

/* The places of files that one set has and the other one has not. */
struct moved {
	struct places out, in;
	enum err err;
};

static void move_file(void *context, const struct said *before, const struct said *now)
{
	struct moved *moved = context;

	if (moved->err == ERR_OK && before != NULL)
		moved->err = places_put(&moved->out, before);
	if (moved->err == ERR_OK && now != NULL)
		moved->err = places_put(&moved->in, now);
}

/* Freed by the caller, also after an error. */
static enum err find_moved(const struct domains *before, const struct domains *now, struct moved *moved)
{
	const struct domains none = { .files = 0 };

	domains_compare(before != NULL ? before : &none, now, move_file, moved);
	places_sort(&moved->out);
	places_sort(&moved->in);
	return moved->err;
}

static void free_moved(struct moved *moved)
{
	places_free(&moved->out);
	places_free(&moved->in);
}

/* How often a name is there from a place on. */
static size_t count_run(struct index_place place, const char *domain)
{
	size_t count = 0;
	const struct configured *item = index_at(&place);

	while (item != NULL && strcmp(item->domain, domain) == 0) {
		count++;
		index_next(&place);
		item = index_at(&place);
	}
	return count;
}

static enum err complain_of(struct index_place place, size_t count, struct complaints *complaints)
{
	struct said_entry *run = calloc(count, sizeof(*run));

	if (run == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		run[i].said = index_at(&place);
		index_next(&place);
	}
	(void)said_order(run, count, complaints);
	free(run);
	return ERR_OK;
}

/* Twos of the older set, and names that came: by name each, and the former may be among the latter. */
struct suspects {
	const struct domains *before;
	size_t twice;
	const struct places *in;
	size_t at;
};

static const char *next_suspect(struct suspects *suspects)
{
	const struct places *in = suspects->in;
	const struct domains *before = suspects->before;
	const char *old = before != NULL && suspects->twice < before->twices
				  ? before->twice[suspects->twice].domain
				  : NULL;
	const char *new = suspects->at < in->count ? in->item[suspects->at]->domain : NULL;
	int order = old == NULL ? 1 : new == NULL ? -1 : strcmp(old, new);

	if (old == NULL && new == NULL)
		return NULL;
	if (order <= 0)
		suspects->twice++;
	while (order >= 0 && suspects->at < in->count && strcmp(in->item[suspects->at]->domain, new) == 0)
		suspects->at++;
	return order <= 0 ? old : new;
}

static enum err find_twice(struct domains *domains, const struct domains *before, const struct places *in,
			   struct complaints *complaints)
{
	struct suspects suspects = { .before = before, .in = in };
	size_t capacity = 0;
	const char *name;
	enum err err = ERR_OK;

	domains->count = domains->index.places;
	while (err == ERR_OK && (name = next_suspect(&suspects)) != NULL) {
		struct index_place place = index_find(&domains->index, name);
		size_t count = count_run(place, name);
		struct twice *grown;

		if (count < 2)
			continue;
		grown = allocation_grow(domains->twice, domains->twices, &capacity, sizeof(*grown));
		if (grown == NULL)
			return ERR_NO_MEMORY;
		domains->twice = grown;
		domains->twice[domains->twices++] = (struct twice){ index_at(&place)->domain, count };
		domains->count -= count - 1;
		err = complain_of(place, count, complaints);
	}
	return err;
}

enum err domains_name(struct domains *domains, const struct domains *before, struct complaints *complaints)
{
	static const struct index empty;
	struct moved moved = { .err = ERR_OK };
	enum err err = find_moved(before, domains, &moved);

	if (err == ERR_OK)
		err = index_make(before != NULL ? &before->index : &empty, &moved.out, &moved.in,
				 &domains->index);
	if (err == ERR_OK)
		err = find_twice(domains, before, &moved.in, complaints);
	free_moved(&moved);
	return err;
}

/* The domain at a place, and the first place of the next one. */
static struct said_entry take_entry(struct index_place *place)
{
	struct said_entry entry = { .said = index_at(place) };
	const struct configured *item = entry.said;

	while (item != NULL && strcmp(item->domain, entry.said->domain) == 0) {
		entry.twice = item != entry.said;
		index_next(place);
		item = index_at(place);
	}
	return entry;
}

struct said_entry domains_find(const struct domains *domains, const char *domain)
{
	struct index_place place = index_find(&domains->index, domain);
	const struct configured *item = index_at(&place);

	return item != NULL && strcmp(item->domain, domain) == 0 ? take_entry(&place)
								 : (struct said_entry){ .said = NULL };
}

enum err domains_each(const struct domains *domains,
		      enum err (*each)(void *context, const struct said_entry *entry), void *context)
{
	struct index_place place = index_first(&domains->index);
	enum err err = ERR_OK;

	while (err == ERR_OK && index_at(&place) != NULL) {
		const struct said_entry entry = take_entry(&place);

		err = each(context, &entry);
	}
	return err;
}

/* The next name of both lists; NULL: there is none. */
static const char *next_name(const struct moved *moved, size_t *out, size_t *in)
{
	const char *old = *out < moved->out.count ? moved->out.item[*out]->domain : NULL;
	const char *new = *in < moved->in.count ? moved->in.item[*in]->domain : NULL;
	const char *name = new == NULL || (old != NULL && strcmp(old, new) < 0) ? old : new;

	while (*out < moved->out.count && strcmp(moved->out.item[*out]->domain, name) == 0)
		(*out)++;
	while (*in < moved->in.count && strcmp(moved->in.item[*in]->domain, name) == 0)
		(*in)++;
	return name;
}

enum err domains_differ(const struct domains *before, const struct domains *now,
			enum err (*each)(void *context, const char *domain), void *context)
{
	struct moved moved = { .err = ERR_OK };
	enum err err = find_moved(before, now, &moved);
	size_t out = 0, in = 0;
	const char *name;

	while (err == ERR_OK && (name = next_name(&moved, &out, &in)) != NULL)
		err = each(context, name);
	free_moved(&moved);
	return err;
}
