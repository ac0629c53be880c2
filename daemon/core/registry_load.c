/* SPDX-License-Identifier: ISC */
#include "core/registry_load.h"

#include "base/text.h"
#include "core/owner.h"
#include "core/registry_private.h"
#include "log/log_event.h"
#include "store/condition.h"
#include "store/published.h"
#include "store/revisions.h"
#include "store/soundness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whatever is in memory was read or written as it is served, so it goes on. */
void registry_note_unreadable(struct domain *domain)
{
	char shown[TEXT_SHOWN_SIZE];

	log_event(EVENT_DOMAIN_UNREADABLE, &(struct log_fields){ .domain = domain->name },
		  "store, revision of %s is damaged: %s",
		  text_escape(domain->name, strlen(domain->name), shown),
		  domain->published != NULL ? "what is in memory stays in use" : "it is not served");
	domain->unreadable = true;
}

static bool is_published(const struct domain *domain, const char *id)
{
	return domain->published != NULL && strcmp(domain->published->id, id) == 0;
}

enum err registry_take_revision(struct registry *registry, struct domain *domain,
				const struct revision_row *row)
{
	struct revision *revision = NULL;
	enum err err = ERR_SYNTAX;

	/* A damaged row may have come under the name of another domain, and says nothing against its own. */
	if (domain->stored && !row->sound)
		return ERR_OK;
	domain->stored = true;
	registry_put_switch(domain, &registry_unswitched);
	if (row->sound && is_published(domain, row->id))
		return ERR_OK;
	if (row->sound)
		err = revision_new(row->id, row->text, row->len, row->published_at, &revision);
	if (err == ERR_SYNTAX) {
		registry_note_unreadable(domain);
		return ERR_OK; /* one damaged row must not take all the others down */
	}
	if (err != ERR_OK)
		return err;
	revision->number = row->number;
	registry_lock(registry);
	registry_swap(registry, domain, &revision);
	registry_unlock(registry);
	revision_release(&revision);
	return ERR_OK;
}

static enum err find_owner(struct registry *registry, const char *name, struct owner **owner)
{
	*owner = NULL;
	return name != NULL ? owner_make(registry, name, owner) : ERR_OK;
}

enum err registry_take_domain(struct registry *registry, struct domain *domain,
			      const struct revision_row *row)
{
	const char *source = registry_hold_source(row->source);
	struct owner *declared, *observed;
	enum err err = source != NULL ? find_owner(registry, row->declared, &declared) : ERR_NO_MEMORY;

	if (err == ERR_OK)
		err = find_owner(registry, row->observed, &observed);
	if (err == ERR_OK) {
		registry_put_source(domain, &source);
		registry_place(registry, domain, declared, observed);
	}
	registry_drop_source(&source);
	return err;
}

static enum err load_revision(void *context, const struct revision_row *row)
{
	struct registry *registry = context;
	struct domain *domain;
	enum err err = registry_make(registry, row->domain, &domain);

	if (err != ERR_OK || (domain->stored && !row->sound))
		return err;
	err = registry_take_domain(registry, domain, row);
	return err == ERR_OK ? registry_take_revision(registry, domain, row) : err;
}

/* What cannot be read of a switch is frozen as it is published: the file must not come through. */
static void freeze(struct domain *domain, struct switching *switching)
{
	const struct revision *published = domain->published;
	char shown[TEXT_SHOWN_SIZE];

	domain->frozen = true;
	log_event(EVENT_DOMAIN_UNREADABLE, &(struct log_fields){ .domain = domain->name },
		  "store, switch of %s is damaged: it stays as it is published until it is ordered again",
		  text_escape(domain->name, strlen(domain->name), shown));
	if (published == NULL)
		return;
	switching->mode = published->mode;
	switching->max_age = published->mode == MODE_NONE ? revision_max_age(published) : 0;
	switching->keep_mx = true;
}

/* A switch whose domain is not there is left of a damaged one. */
static enum err load_switch(void *context, const char *name, const struct switching *stored)
{
	struct switching switching = *stored;
	const struct switching *held;
	struct domain *domain = NULL;
	enum err err = registry_make(context, name, &domain);

	if (err != ERR_OK)
		return err;
	if (domain->published == NULL && !domain->unreadable)
		registry_note_unreadable(domain);
	domain->stored = true;
	if (switching.mode == MODE_UNKNOWN)
		freeze(domain, &switching);
	held = registry_hold_switch(&switching);
	if (held == NULL)
		return ERR_NO_MEMORY;
	registry_put_switch(domain, held);
	registry_drop_switch(&held);
	return ERR_OK;
}

static enum err mark_unstored(void *unused, void *object)
{
	struct domain *domain = object;

	(void)unused;
	domain->stored = false;
	domain->unreadable = false;
	domain->frozen = false;
	domain->loose = true;
	return ERR_OK;
}

/* A load changes domains in many places, and nobody asks for numbers meanwhile. */
static enum err note(void *registry, void *domain)
{
	registry_note(registry, domain);
	return ERR_OK;
}

static enum err name_forgotten(void *context, const struct domain *domain)
{
	return domain->stored ? ERR_OK : names_put(context, domain->name);
}

/* Whatever is published was committed: what the store lacks now was forgotten when it was last in doubt. */
static enum err remove_forgotten(struct registry *registry)
{
	struct names forgotten = { 0 };
	enum err err = registry_each(registry, name_forgotten, &forgotten);

	registry_lock(registry);
	for (size_t i = 0; i < forgotten.count; i++)
		registry_remove(registry, forgotten.item[i]);
	registry_unlock(registry);
	names_free(&forgotten);
	return err;
}

/* Of a damaged store what is not found may be there all the same, so nothing counts as forgotten. */
static enum err load_left(struct registry *registry, struct store *store)
{
	enum err err = owner_load(registry, store);

	if (err == ERR_OK || err == ERR_STORE)
		err = revisions_each_left(store, load_revision, registry);

	if (err == ERR_OK)
		err = switches_each(store, load_switch, registry);
	return err == ERR_STORE ? ERR_OK : err;
}

/* What may have been published of it is not known. */
static enum err load_lost(void *context, const char *name)
{
	struct domain *domain;
	enum err err = registry_make(context, name, &domain);

	if (err != ERR_OK || domain->stored)
		return err;
	domain->stored = true;
	registry_note_unreadable(domain);
	return ERR_OK;
}

/* Slower, but whatever numbers domains have. */
static enum err load_each(struct registry *registry, struct store *store)
{
	enum err err = revisions_each(store, load_revision, registry);

	return err == ERR_OK ? revisions_each_lost(store, load_lost, registry) : err;
}

static enum err load_all(struct registry *registry, struct store *store)
{
	int64_t last;
	bool dense;
	enum err err = owner_load(registry, store);

	if (err == ERR_OK)
		err = published_last(store, &last, &dense);
	if (err == ERR_OK)
		err = dense ? registry_read(registry, store, last) : load_each(registry, store);
	if (err == ERR_OK)
		err = switches_each(store, load_switch, registry);
	return err == ERR_OK ? remove_forgotten(registry) : err;
}

static enum err load(struct registry *registry, struct store *store)
{
	bool damaged = condition_of(store) == CONDITION_DAMAGED;
	enum err err;

	registry_lock(registry);
	registry->partial = damaged;
	(void)ordered_each(&registry->domains, mark_unstored, NULL);
	registry_unlock(registry);
	err = damaged ? load_left(registry, store) : load_all(registry, store);
	(void)ordered_each(&registry->domains, note, registry);
	registry->stale = err != ERR_OK;
	return err;
}

/* What was taken for sound may turn out not to be when it is read. */
enum err registry_load(struct registry *registry, struct store *store)
{
	bool damaged;
	enum err err = load(registry, store);

	if (err != ERR_STORE || !soundness_is_assumed(store))
		return err;
	err = soundness_find(store, &damaged);
	return err == ERR_OK ? load(registry, store) : err;
}

/* Before the first order that comes. */
static enum err look_through(struct registry *registry, struct store *store)
{
	bool damaged = false;
	enum err err = soundness_find(store, &damaged);

	return damaged ? load(registry, store) : err;
}

bool registry_is_in_doubt(const struct registry *registry, const struct store *store)
{
	return registry->stale || store_is_doubtful(store);
}

enum err registry_recover(struct registry *registry, struct store *store)
{
	enum err err = ERR_OK;

	store_look(store);
	if (!registry_is_in_doubt(registry, store))
		return look_through(registry, store);
	registry->stale = true;
	if (store_is_doubtful(store))
		err = store_reopen(store);
	if (err == ERR_OK)
		err = registry_load(registry, store);
	if (err == ERR_OK)
		err = look_through(registry, store);
	if (err == ERR_OK) {
		registry->recovered = true;
		log_event(EVENT_STORE_READABLE, NULL,
			  "store, readable again: what is served is what it holds");
	}
	return err;
}

bool registry_take_recovered(struct registry *registry)
{
	bool recovered = registry->recovered;

	registry->recovered = false;
	return recovered;
}

static enum err name_unreadable(void *context, const struct domain *domain)
{
	return names_put(context, domain->name);
}

enum err registry_unreadable(const struct registry *registry, struct names *names)
{
	return registry_each_marked(registry, MARK_UNREADABLE, name_unreadable, names);
}

static void complain_of_record(const struct domain *domain, struct complaints *complaints)
{
	const struct configured *configured = domain->configured;
	char instead[2 * OWNER_SIZE + 96];

	(void)snprintf(instead, sizeof(instead),
		       "write record = \"%s\", where " OWNER_PREFIX
		       "%s leads now, or mend its CNAME and run mta-stsctl dns",
		       domain->observed->name, domain->name);
	complain(complaints, SEVERITY_ERROR, configured != NULL ? configured->terms->file : domain->name,
		 configured != NULL ? configured->line : 0, "record is somewhere else in DNS",
		 domain->declared->name, instead);
}

static enum err complain_of(void *context, const struct domain *domain)
{
	struct complaints *complaints = context;

	if (domain->unreadable && domain->published == NULL)
		complain(complaints, SEVERITY_ERROR, domain->name, 0,
			 "its stored revision is damaged, and it is not served", NULL,
			 "restore a copy with mta-stsd --restore FILE, or write its domain file and run "
			 "mta-stsctl reload");
	else if (domain->unreadable)
		complain(complaints, SEVERITY_ERROR, domain->name, 0,
			 "its stored revision is damaged, and what is in memory stays in use", NULL,
			 "order it again, mta-stsctl none or enforce, before the next restart");
	else if (domain->renewed)
		complain(complaints, SEVERITY_WARNING, domain->name, 0,
			 "its stored revision was damaged, and it is published anew under id",
			 domain->published != NULL ? domain->published->id : NULL,
			 "publish the TXT record that mta-stsctl txt prints; this is said until the next "
			 "restart");
	if (registry_is_contradicted(domain))
		complain_of_record(domain, complaints);
	if (domain->frozen)
		complain(complaints, SEVERITY_ERROR, domain->name, 0,
			 "its stored switch is damaged, and it stays as it is published", NULL,
			 "order it again: mta-stsctl none, testing, enforce or reset");
	return ERR_OK;
}

void registry_complain(const struct registry *registry, struct complaints *complaints)
{
	(void)registry_each_marked(registry, MARK_AILING, complain_of, complaints);
}

void registry_expect(struct registry *registry, bool expecting)
{
	atomic_store(&registry->expecting, expecting);
}

bool registry_is_expecting(const struct registry *registry)
{
	return atomic_load(&registry->expecting);
}
