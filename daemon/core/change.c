/* SPDX-License-Identifier: ISC */
#include "core/change.h"

#include "base/progress.h"
#include "core/change_private.h"
#include "core/ids.h"
#include "core/registry_private.h"
#include "policy/syntax.h"

#include <stdlib.h>
#include <string.h>

enum err changes_new(struct registry *registry, struct store *store, time_t now, bool keep_unchanged,
		     struct changes **changes)
{
	struct changes *new = calloc(1, sizeof(*new));
	struct changes_private *private = calloc(1, sizeof(*private));

	if (new == NULL || private == NULL) {
		free(new);
		free(private);
		return ERR_NO_MEMORY;
	}
	*private = (struct changes_private){
		.registry = registry, .store = store, .now = now, .keep_unchanged = keep_unchanged
	};
	new->private = private;
	*changes = new;
	return ERR_OK;
}

/* One that is new, and in no registry yet. */
static void drop_made(struct half *half)
{
	if (half->domain != NULL && half->domain->made)
		registry_free_domain(&half->domain);
}

static void end_one(struct registry *registry, struct half *half)
{
	registry_drop_source(&half->source);
	if (half->place != NULL)
		place_end(half->place);
	drop_made(half);
	if (half->domain != NULL)
		registry_unmake(registry, &half->domain);
}

/* The record as the order leaves it, of which a dry run knows only what it would become. */
static void keep_id(const struct change *change)
{
	const struct owner *owner = change->owner;

	if (owner != NULL)
		memcpy(change->record_id, owner->pending[0] != '\0' ? owner->pending : owner->id, ID_SIZE);
}

void changes_end(struct changes *changes)
{
	struct changes_private *private = changes->private;

	for (size_t i = 0; private->half != NULL && i < changes->count; i++)
		keep_id(&changes->item[i]);
	for (size_t i = 0; private->half != NULL && i < changes->count; i++)
		end_one(private->registry, &private->half[i]);
	free(private->half);
	private->half = NULL;
}

size_t changes_memory(const struct changes *changes)
{
	size_t held = changes->private->capacity * sizeof(*changes->item) + changes->private->arena.held;

	for (size_t i = 0; i < changes->count; i++) {
		if (changes->item[i].before != NULL && changes->item[i].before != changes->item[i].after)
			held += revision_memory(changes->item[i].before);
	}
	return held;
}

void changes_free(struct changes **changes)
{
	struct changes *old = *changes;

	if (old == NULL)
		return;
	changes_end(old);
	for (size_t i = 0; i < old->count; i++) {
		revision_release(&old->item[i].before);
		revision_release(&old->item[i].after);
		registry_drop_switch(&old->item[i].switching);
	}
	arena_free(&old->private->arena);
	text_free(&old->private->text);
	free(old->item);
	free(old->private);
	free(old);
	*changes = NULL;
}

static bool is_published(const struct domain *domain, const struct wish *wish, const struct text *text)
{
	const struct revision *now = domain->published;
	const char *wished = ids_wished(domain, wish);

	return now != NULL && revision_len(now) == text->len &&
	       memcmp(now->text, text->bytes, text->len) == 0 &&
	       (wished[0] == '\0' || strcmp(wished, now->id) == 0);
}

static enum err make_revision(const struct changes *changes, const struct domain *domain,
			      const struct owner *owner, const struct wish *wish, const struct text *text,
			      struct complaints *complaints, struct revision **revision)
{
	const struct changes_private *private = changes->private;
	char id[ID_SIZE];
	enum err err = ids_choose(private->store, domain, owner, wish, private->now, complaints, id);

	return err == ERR_OK ? revision_new(id, text->bytes, text->len, private->now, revision) : err;
}

/* What a domain is to say without any order for it, as most are; NULL: that has to be worked out. */
static const struct policy *plainly_said(const struct domain *domain, const struct wish *wish)
{
	return wish->configured != NULL && wish->exact == NULL && !domain->frozen &&
			       !target_switch(domain, wish)->active
		       ? wish->configured->terms->policy
		       : NULL;
}

/* The text that is to be published.  One domain after another is to say the same, so the last is kept. */
static enum err render(struct changes_private *private, const struct domain *domain, const struct wish *wish,
		       struct complaints *complaints)
{
	const struct policy *said = plainly_said(domain, wish);
	struct policy *policy = NULL;
	enum err err;

	if (said != NULL && said == private->said)
		return ERR_OK;
	text_free(&private->text);
	err = target_policy(domain, wish, complaints, &policy);
	if (err == ERR_OK)
		err = syntax_render(policy, &private->text);
	/* What is refused is worked out again, and complained about at each place. */
	private->said = err == ERR_OK ? said : NULL;
	policy_free(&policy);
	return err;
}

/* Fill in what is published afterwards. */
static enum err work_out(const struct changes *changes, const struct domain *domain, const struct wish *wish,
			 struct complaints *complaints, struct change *change)
{
	struct text *text = &changes->private->text;
	enum err err = render(changes->private, domain, wish, complaints);

	if (err == ERR_OK && domain->published != NULL)
		change->before = revision_retain(domain->published);
	if (err == ERR_OK && is_published(domain, wish, text)) {
		change->after = revision_retain(domain->published);
	} else if (err == ERR_OK) {
		err = make_revision(changes, domain, change->owner, wish, text, complaints, &change->after);
		change->publishes = err == ERR_OK;
	}
	return err;
}

static bool same_switch(const struct switching *a, const struct switching *b)
{
	if (!a->active || !b->active)
		return a->active == b->active;
	return a->mode == b->mode && a->max_age == b->max_age && a->keep_mx == b->keep_mx;
}

static enum err note_source(const struct domain *domain, const struct configured *configured,
			    struct half *half)
{
	if (configured == NULL ||
	    (domain->source != NULL && strcmp(configured->terms->source, domain->source) == 0))
		return ERR_OK;
	half->source = registry_hold_source(configured->terms->source);
	return half->source != NULL ? ERR_OK : ERR_NO_MEMORY;
}

/* Before a domain is worked out: see whether to go on, and have room for it. */
static enum err make_room(struct changes *changes)
{
	struct changes_private *private = changes->private;
	size_t capacity = private->capacity > 0 ? private->capacity * 2 : 16;
	enum err err = progress_step();
	struct change *item;
	struct half *half;

	if (err != ERR_OK || changes->count < private->capacity)
		return err;
	item = reallocarray(changes->item, capacity, sizeof(*item));
	if (item == NULL)
		return ERR_NO_MEMORY;
	changes->item = item;
	half = reallocarray(private->half, capacity, sizeof(*half));
	if (half == NULL)
		return ERR_NO_MEMORY;
	private->half = half;
	private->capacity = capacity;
	return ERR_OK;
}

static bool matters(const struct change *change, const struct half *half)
{
	return change->publishes || change->switching != NULL || half->source != NULL || half->forgotten ||
	       (half->place != NULL && half->place->changes);
}

/* Most have neither a place nor a record of their own that anybody else knows. */
static enum err note_place(struct changes *changes, const struct place *place, struct change *change,
			   struct half *half)
{
	struct arena *arena = &changes->private->arena;

	if (change->owner != NULL && (change->record_id = arena_take(arena, ID_SIZE)) == NULL)
		return ERR_NO_MEMORY;
	if (place->owner == NULL && !place->changes)
		return ERR_OK;
	half->place = arena_take(arena, sizeof(*place));
	if (half->place == NULL)
		return ERR_NO_MEMORY;
	*half->place = *place;
	return ERR_OK;
}

static enum err note_switch(const struct domain *domain, const struct wish *wish, struct change *change)
{
	const struct switching *now = target_switch(domain, wish);

	change->switched = now->active;
	/* A damaged one is written anew when it is ordered, and not before. */
	if (same_switch(domain->switching, now) && !(wish->switching != NULL && domain->frozen))
		return ERR_OK;
	change->switching = registry_hold_switch(now);
	return change->switching != NULL ? ERR_OK : ERR_NO_MEMORY;
}

/* Nothing is added of a change that is not whole. */
static enum err append(struct changes *changes, const char *name, struct change *change, struct half *half)
{
	change->domain = arena_copy(&changes->private->arena, name);
	if (change->domain == NULL)
		return ERR_NO_MEMORY;
	if (change->publishes && half->place != NULL && half->place->owner != NULL)
		memcpy(half->place->owner->pending, change->after->id, strlen(change->after->id) + 1);
	changes->item[changes->count] = *change;
	changes->private->half[changes->count++] = *half;
	changes->published += change->publishes;
	return ERR_OK;
}

static void drop(struct change *change, struct half *half)
{
	revision_release(&change->before);
	revision_release(&change->after);
	registry_drop_switch(&change->switching);
	registry_drop_source(&half->source);
	drop_made(half);
}

enum err changes_add(struct changes *changes, const char *name, const struct wish *wish,
		     struct complaints *complaints)
{
	struct half half = { .domain = registry_known(changes->private->registry, name) };
	struct change change = { .domain = name };
	struct place place = { .owner = NULL };
	const struct domain *domain;
	bool kept = false;
	enum err err = make_room(changes);

	if (half.domain == NULL)
		half.domain = registry_new_domain(name);
	domain = half.domain;
	if (domain == NULL)
		return ERR_NO_MEMORY;
	if (err == ERR_OK)
		err = place_declare(changes->private->registry, domain, wish->configured, &place);
	change.owner = place.owner;
	change.moves = place.moves;
	if (err == ERR_OK)
		err = work_out(changes, domain, wish, complaints, &change);
	half.adopts = wish->adopted != NULL && change.publishes;
	if (err == ERR_OK)
		err = note_source(domain, wish->configured, &half);
	if (err == ERR_OK)
		err = note_switch(domain, wish, &change);
	if (err == ERR_OK)
		err = note_place(changes, &place, &change, &half);
	if (err == ERR_OK && (changes->private->keep_unchanged || matters(&change, &half))) {
		err = append(changes, name, &change, &half);
		kept = err == ERR_OK;
	}
	if (!kept)
		drop(&change, &half);
	return err;
}

enum err changes_keep(struct changes *changes, const struct domain *domain)
{
	const struct place none = { .owner = NULL };
	struct half half = { .domain = registry_known(changes->private->registry, domain->name) };
	struct change change = { .switched = domain->switching->active,
				 .owner = owner_of(changes->private->registry, domain) };
	enum err err = make_room(changes);

	if (err == ERR_OK)
		err = note_place(changes, &none, &change, &half);
	if (err != ERR_OK)
		return err;
	change.before = revision_retain(domain->published);
	change.after = revision_retain(domain->published);
	err = append(changes, domain->name, &change, &half);
	if (err != ERR_OK)
		drop(&change, &half);
	return err;
}

enum err changes_forget(struct changes *changes, const struct domain *domain)
{
	struct half half = { .domain = registry_known(changes->private->registry, domain->name),
			     .forgotten = true };
	struct change change = { .owner = owner_of(changes->private->registry, domain) };
	struct place place;
	enum err err = make_room(changes);

	if (err == ERR_OK)
		err = place_leave(changes->private->registry, domain, &place);
	if (err == ERR_OK)
		err = note_place(changes, &place, &change, &half);
	if (err != ERR_OK)
		return err;
	change.before = revision_retain(domain->published);
	err = append(changes, domain->name, &change, &half);
	if (err != ERR_OK)
		drop(&change, &half);
	return err;
}

const char *changes_id(const struct change *change)
{
	if (change->record_id != NULL && change->record_id[0] != '\0')
		return change->record_id;
	return (change->after != NULL ? change->after : change->before)->id;
}

bool changes_matter(const struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		if (matters(&changes->item[i], &changes->private->half[i]))
			return true;
	}
	return false;
}

enum err changes_prepare(struct changes *changes)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < changes->count; i++) {
		struct domain *domain = changes->private->half[i].domain;

		if (domain != NULL && domain->made)
			err = registry_add(changes->private->registry, &domain);
	}
	return err;
}
