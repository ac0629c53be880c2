/* SPDX-License-Identifier: ISC */
#include "core/forget.h"

#include "base/clock.h"
#include "base/text.h"
#include "core/registry_load.h"
#include "log/log_event.h"
#include "store/observations.h"
#include "store/revisions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of an order for more domains than this the rest is in the audit only. */
#define LOGGED_DOMAINS 20

/* A file that names the domain would bring it back at the next reload. */
static bool is_named(const struct domain *domain)
{
	return !registry_is_orphan(domain);
}

static enum err refuse_named(const struct domain *domain, struct complaints *complaints)
{
	const struct configured *configured = domain->configured;

	complain(complaints, SEVERITY_ERROR, domain->name, 0, "its file still names it",
		 configured != NULL ? configured->file : domain->source,
		 "remove it there and run mta-stsctl reload, then forget it");
	return ERR_REFUSED;
}

static enum err refuse_unsafe(const struct domain *domain, const struct retirement *retirement,
			      struct complaints *complaints)
{
	static const char *const instead[RETIREMENT_STATES] = {
		[RETIREMENT_OFF] = "run mta-stsctl none first, and wait until it is safe to remove",
		[RETIREMENT_PUBLISHING] = "publish the TXT record and run mta-stsctl dns first",
		[RETIREMENT_WAITING] = "publish the TXT record everywhere and run mta-stsctl dns first",
		[RETIREMENT_DRAINING] =
			"wait until then: mail of senders that hold the old policy is at stake",
		[RETIREMENT_CONFIRMING] = "run mta-stsctl dns first",
	};
	static const char *const what[RETIREMENT_STATES] = {
		[RETIREMENT_OFF] = "it is not turned off: published",
		[RETIREMENT_PUBLISHING] =
			"senders may hold the old policy: nobody looked into DNS since it was turned off",
		[RETIREMENT_WAITING] = "senders may hold the old policy: the new id is not everywhere in DNS",
		[RETIREMENT_DRAINING] = "senders may hold the old policy until",
		[RETIREMENT_CONFIRMING] = "one more look at DNS is missing",
	};
	char until[CLOCK_TEXT_SIZE];
	const char *value = NULL;

	if (retirement->state == RETIREMENT_OFF)
		value = mode_text(domain->published->mode);
	if (retirement->state == RETIREMENT_DRAINING)
		value = clock_text(retirement->safe_at, until);
	complain(complaints, SEVERITY_ERROR, domain->name, 0, what[retirement->state], value,
		 instead[retirement->state]);
	return ERR_REFUSED;
}

static enum err refuse_unread(const struct host *host, const struct domain *domain,
			      struct complaints *complaints)
{
	complain(complaints, SEVERITY_ERROR, domain->name, 0,
		 "nobody knows whether a file names it: the domain files were never read",
		 host->settings->domains,
		 "see whether the directory is mounted, run mta-stsctl reload, then forget it");
	return ERR_REFUSED;
}

static enum err add(const struct host *host, const struct domain *domain, const struct forget *forget,
		    struct complaints *complaints, struct forgotten *forgotten)
{
	enum err err =
		retirement_of(host->store, domain, clock_now(), host->started_at, &forgotten->retirement);

	if (err != ERR_OK)
		return err;
	forgotten->forced = forgotten->retirement.state != RETIREMENT_SAFE;
	if (host->domains == NULL)
		return refuse_unread(host, domain, complaints);
	if (forgotten->forced && !forget->force)
		return refuse_unsafe(domain, &forgotten->retirement, complaints);
	if (is_named(domain))
		return refuse_named(domain, complaints);
	forgotten->name = strdup(domain->name);
	forgotten->published = revision_retain(domain->published);
	return forgotten->name != NULL ? ERR_OK : ERR_NO_MEMORY;
}

/* What is refused is gathered, so that the operator reads all of it at once. */
static enum err add_all(const struct host *host, const struct names *domains, const struct forget *forget,
			struct complaints *complaints, struct forgotten_list *list)
{
	enum err worst = ERR_OK;

	list->item = calloc(domains->count + 1, sizeof(*list->item)); /* there may be none */
	if (list->item == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < domains->count; i++) {
		const struct domain *domain = registry_domain(host->registry, domains->item[i]);
		struct forgotten *forgotten = &list->item[list->count];
		enum err err =
			domain != NULL ? add(host, domain, forget, complaints, forgotten) : ERR_NOT_FOUND;

		list->count += forgotten->published != NULL;
		if (err != ERR_OK && err != ERR_REFUSED)
			return err;
		if (err == ERR_REFUSED)
			worst = err;
		else
			list->forced += forgotten->forced;
	}
	return worst;
}

static enum err write_one(struct store_txn *txn, int64_t audit, const struct domain *domain, time_t now)
{
	const struct switching none = { .active = false };
	const struct audit_change change = { .domain = domain->name,
					     .before = domain->published->id,
					     .was = domain->switching };
	enum err err = audit_put_change(txn, audit, &change);

	if (err == ERR_OK)
		err = revisions_end(txn, domain->name, now);
	if (err == ERR_OK)
		err = switches_put(txn, domain->name, &none);
	if (err == ERR_OK)
		err = observations_remove(txn, domain->name);
	return err;
}

static enum err write_all(const struct host *host, const struct forget *forget, struct forgotten_list *list)
{
	const struct audit_entry entry = { .at = clock_now(),
					   .uid = forget->uid,
					   .who = forget->who,
					   .command = "forget",
					   .reason = forget->reason };
	struct store_txn *txn = NULL;
	enum err err = store_begin(host->store, &txn);

	if (err == ERR_OK)
		err = audit_put(txn, &entry, &list->audit);
	for (size_t i = 0; err == ERR_OK && i < list->count; i++)
		err = write_one(txn, list->audit, registry_domain(host->registry, list->item[i].name),
				entry.at);
	if (err == ERR_OK)
		err = store_commit(&txn);
	store_rollback(&txn);
	return err;
}

static void log_forgotten(const struct forgotten *forgotten, const struct forget *forget)
{
	const struct log_fields fields = {
		.domain = forgotten->name,
		.id = forgotten->published->id,
		.who = forget->who,
		.uid = &forget->uid,
		.reason = forget->reason,
	};

	log_event(EVENT_DOMAIN_FORGOTTEN, &fields, "%s, forgotten by %s (id %s%s)", forgotten->name,
		  forget->who, forgotten->published->id, forgotten->forced ? ", forced" : "");
}

/* Nothing here can fail. */
static void unpublish(struct host *host, const struct forget *forget, const struct forgotten_list *list)
{
	registry_lock(host->registry);
	for (size_t i = 0; i < list->count; i++)
		registry_remove(host->registry, list->item[i].name);
	registry_unlock(host->registry);
	for (size_t i = 0; i < list->count && i < LOGGED_DOMAINS; i++)
		log_forgotten(&list->item[i], forget);
	log_notice("forget, by %s done (domains: %zu, forced: %zu)", forget->who, list->count, list->forced);
	host_note_uncovered(host);
}

enum err forget_run(struct host *host, const struct names *domains, const struct forget *forget,
		    struct complaints *complaints, struct forgotten_list *list)
{
	struct forgotten_list new = { 0 };
	enum err err = registry_recover(host->registry, host->store);

	if (err == ERR_OK)
		err = add_all(host, domains, forget, complaints, &new);
	if (err == ERR_OK && !forget->dry_run && new.count > 0) {
		err = write_all(host, forget, &new);
		if (err == ERR_STORE && store_made_room(host->store))
			err = write_all(host, forget, &new);
		if (err == ERR_OK)
			unpublish(host, forget, &new);
	}
	if (err == ERR_OK) {
		*list = new;
		return ERR_OK;
	}
	log_event(EVENT_FORGET_NOT_DONE,
		  &(struct log_fields){ .who = forget->who, .uid = &forget->uid, .reason = err_text(err) },
		  "forget, by %s not done (domains: %zu, %s)", forget->who, domains->count, err_text(err));
	forget_free(&new);
	return err;
}

void forget_free(struct forgotten_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->item[i].name);
		revision_release(&list->item[i].published);
	}
	free(list->item);
	*list = (struct forgotten_list){ 0 };
}
