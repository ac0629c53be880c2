/* SPDX-License-Identifier: ISC */
#include "core/plan.h"

#include "base/text.h"
#include "core/ids.h"
#include "core/retirement.h"
#include "policy/render.h"
#include "store/revisions.h"

#include <stdlib.h>
#include <string.h>

enum err plan_new(struct registry *registry, struct store *store, time_t now, bool keep_unchanged,
		  struct plan **plan)
{
	struct plan *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	*new = (struct plan){
		.registry = registry, .store = store, .now = now, .keep_unchanged = keep_unchanged
	};
	*plan = new;
	return ERR_OK;
}

static void change_free(struct plan *plan, struct change *change)
{
	revision_release(&change->before);
	revision_release(&change->after);
	revision_release(&change->incoming);
	free(change->source);
	if (change->domain != NULL)
		registry_unmake(plan->registry, &change->domain);
}

void plan_free(struct plan **plan)
{
	if (*plan == NULL)
		return;
	for (size_t i = 0; i < (*plan)->count; i++)
		change_free(*plan, &(*plan)->item[i]);
	free((*plan)->item);
	free(*plan);
	*plan = NULL;
}

static bool is_published(const struct domain *domain, const struct wish *wish, const struct text *text)
{
	const struct revision *now = domain->published;
	const char *wished = ids_wished(domain, wish);

	return now != NULL && now->len == text->len && memcmp(now->text, text->bytes, text->len) == 0 &&
	       (wished[0] == '\0' || strcmp(wished, now->id) == 0);
}

/* Fill in what is published afterwards. */
static enum err work_out(struct plan *plan, const struct wish *wish, struct complaints *complaints,
			 struct change *change)
{
	struct domain *domain = change->domain;
	struct policy *policy = NULL;
	struct text text = { 0 };
	char id[ID_SIZE];
	enum err err = target_policy(domain, wish, complaints, &policy);

	if (err != ERR_OK)
		goto out;
	err = render_policy(policy, &text);
	if (err != ERR_OK)
		goto out;
	if (domain->published != NULL)
		change->before = revision_retain(domain->published);
	if (is_published(domain, wish, &text)) {
		change->after = revision_retain(domain->published);
		goto out;
	}
	err = ids_choose(plan->store, domain, wish, plan->now, complaints, id);
	if (err != ERR_OK)
		goto out;
	err = revision_new(id, text.bytes, text.len, plan->now, &change->after);
	if (err != ERR_OK)
		goto out;
	change->incoming = revision_retain(change->after);
	change->publishes = true;
out:
	policy_free(&policy);
	text_free(&text);
	return err;
}

static bool same_switch(const struct switching *a, const struct switching *b)
{
	if (!a->active || !b->active)
		return a->active == b->active;
	return a->mode == b->mode && a->max_age == b->max_age && a->keep_mx == b->keep_mx;
}

static enum err note_wait(const struct plan *plan, struct change *change)
{
	if (change->before == NULL)
		return ERR_OK;
	return retirement_wait(plan->store, change->domain->name, plan->now, change->publishes,
			       &change->wait);
}

static enum err note_source(const struct configured *configured, struct change *change)
{
	if (configured == NULL || strcmp(configured->source, change->domain->source) == 0)
		return ERR_OK;
	change->source = strdup(configured->source);
	return change->source != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static enum err make_room(struct plan *plan)
{
	size_t capacity = plan->capacity > 0 ? plan->capacity * 2 : 16;
	struct change *item;

	if (plan->count < plan->capacity)
		return ERR_OK;
	item = reallocarray(plan->item, capacity, sizeof(*item));
	if (item == NULL)
		return ERR_NO_MEMORY;
	plan->item = item;
	plan->capacity = capacity;
	return ERR_OK;
}

static bool is_change(const struct change *change)
{
	return change->publishes || change->switches || change->source != NULL;
}

enum err plan_add(struct plan *plan, const char *name, const struct wish *wish, struct complaints *complaints)
{
	struct change change = { 0 };
	enum err err = make_room(plan);

	if (err == ERR_OK)
		err = registry_make(plan->registry, name, &change.domain);
	if (err == ERR_OK)
		err = work_out(plan, wish, complaints, &change);
	if (err == ERR_OK)
		err = note_source(wish->configured, &change);
	if (err == ERR_OK) {
		change.switching = *target_switch(change.domain, wish);
		/* A damaged one is written anew when it is ordered, and not before. */
		change.switches = (wish->order != NULL && change.domain->frozen) ||
				  !same_switch(&change.domain->switching, &change.switching);
	}
	if (err == ERR_OK && (plan->keep_unchanged || is_change(&change))) {
		err = note_wait(plan, &change);
		if (err == ERR_OK) {
			plan->item[plan->count++] = change;
			plan->published += change.publishes;
			return ERR_OK;
		}
	}
	change_free(plan, &change);
	return err;
}

static enum err write_audit(const struct plan *plan, struct store_txn *txn, const struct change *change)
{
	const struct audit_change entry = { .domain = change->domain->name,
					    .before = change->before != NULL ? change->before->id : NULL,
					    .after = change->after->id,
					    .was = change->domain->switching };

	return audit_put_change(txn, plan->audit, &entry);
}

static enum err write_change(struct plan *plan, struct store_txn *txn, const struct change *change)
{
	const char *name = change->domain->name;
	struct revision *after = change->after;
	enum err err = ERR_OK;

	if (change->publishes)
		err = revisions_put(txn, name, after->id, after->text, after->len, plan->now, &after->number);
	if (err == ERR_OK && change->switches)
		err = switches_put(txn, name, &change->switching);
	if (err == ERR_OK && change->source != NULL)
		err = revisions_put_source(txn, name, change->source);
	if (err == ERR_OK && (change->publishes || change->switches))
		err = write_audit(plan, txn, change);
	return err;
}

static enum err write_all(struct plan *plan, const struct audit_entry *entry)
{
	struct store_txn *txn = NULL;
	enum err err = store_begin(plan->store, &txn);

	if (err == ERR_OK)
		err = audit_put(txn, entry, &plan->audit);
	for (size_t i = 0; err == ERR_OK && i < plan->count; i++)
		err = write_change(plan, txn, &plan->item[i]);
	if (err == ERR_OK)
		err = store_commit(&txn);
	store_rollback(&txn);
	return err;
}

/* Nothing here can fail. */
static void publish(struct plan *plan)
{
	registry_lock(plan->registry);
	for (size_t i = 0; i < plan->count; i++) {
		struct change *change = &plan->item[i];

		if (change->switches) {
			change->domain->switching = change->switching;
			change->domain->frozen = false;
		}
		if (change->publishes)
			registry_swap(plan->registry, change->domain, &change->incoming);
	}
	registry_unlock(plan->registry);
	for (size_t i = 0; i < plan->count; i++) {
		struct change *change = &plan->item[i];

		revision_release(&change->incoming);
		if (change->source != NULL) {
			free(change->domain->source);
			change->domain->source = change->source;
			change->source = NULL;
		}
	}
}

static bool has_changes(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (is_change(&plan->item[i]))
			return true;
	}
	return false;
}

enum err plan_commit(struct plan *plan, const struct audit_entry *entry)
{
	struct audit_entry dated = *entry;
	enum err err;

	if (!has_changes(plan))
		return ERR_OK;
	dated.at = plan->now;
	err = write_all(plan, &dated);
	if (err == ERR_STORE && store_made_room(plan->store))
		err = write_all(plan, &dated);
	if (err == ERR_OK)
		publish(plan);
	else
		plan->audit = 0;
	return err;
}
