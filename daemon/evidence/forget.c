/* SPDX-License-Identifier: ISC */
#include "evidence/forget.h"

#include "base/clock.h"
#include "core/owner.h"

#include <stdlib.h>

/* One order on its way. */
struct job {
	const struct registry *registry;
	struct store *store;
	const struct order *order;
	const struct forget *forget;
	struct complaints *complaints;
	struct forgotten_list list;
};

/* A file that names the domain would bring it back at the next reload. */
static bool is_named(const struct domain *domain)
{
	return !registry_is_orphan(domain);
}

static enum err refuse_named(const struct domain *domain, struct complaints *complaints)
{
	const struct configured *configured = domain->configured;

	complain(complaints, SEVERITY_ERROR, domain->name, 0, "its file still names it",
		 configured != NULL ? configured->terms->file : domain->source,
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

static enum err refuse_unread(const struct domain *domain, const char *directory,
			      struct complaints *complaints)
{
	complain(complaints, SEVERITY_ERROR, domain->name, 0,
		 "nobody knows whether a file names it: the domain files were never read",
		 directory[0] != '\0' ? directory : NULL,
		 directory[0] != '\0'
			 ? "check whether the directory is mounted and run mta-stsctl reload, or mta-stsctl "
			   "reload "
			   "--force if that is refused because files are gone for good; then forget it"
			 : "correct the settings, run mta-stsctl reload, then forget it");
	return ERR_REFUSED;
}

static enum err check(const struct job *job, const struct domain *domain, const struct retirement *retirement)
{
	const struct forget *forget = job->forget;

	if (forget->unread != NULL)
		return refuse_unread(domain, forget->unread, job->complaints);
	if (retirement->state != RETIREMENT_SAFE && !forget->force)
		return refuse_unsafe(domain, retirement, job->complaints);
	return is_named(domain) ? refuse_named(domain, job->complaints) : ERR_OK;
}

static enum err add(struct job *job, const char *name, time_t now, struct changes *changes)
{
	const struct domain *domain = registry_domain(job->registry, name);
	struct forgotten *forgotten = &job->list.item[job->list.count];
	struct retirement retirement;
	enum err err = ERR_NOT_FOUND;

	if (domain != NULL)
		err = retirement_of(job->store, domain, now, job->forget->since, &retirement);
	if (err != ERR_OK)
		return err;
	*forgotten = (struct forgotten){ .state = retirement.state,
					 .safe_at = retirement.safe_at,
					 .forced = retirement.state != RETIREMENT_SAFE };
	err = check(job, domain, &retirement);
	if (err == ERR_OK)
		err = changes_forget(changes, domain);
	if (err == ERR_OK) {
		job->list.count++;
		job->list.forced += forgotten->forced;
	}
	return err;
}

/* Who else needs a record once all of them are gone. */
static void count_others(struct job *job, const struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		struct owner *owner =
			owner_of(job->registry, registry_domain(job->registry, changes->item[i].domain));

		if (owner != NULL)
			owner->leaving++;
	}
	for (size_t i = 0; i < changes->count; i++) {
		const struct domain *domain = registry_domain(job->registry, changes->item[i].domain);
		const struct owner *owner = owner_of(job->registry, domain);

		if (owner != NULL)
			job->list.item[i].others = owner_domains(job->registry, domain) - owner->leaving;
	}
	for (size_t i = 0; i < changes->count; i++) {
		struct owner *owner =
			owner_of(job->registry, registry_domain(job->registry, changes->item[i].domain));

		if (owner != NULL)
			owner->leaving = 0;
	}
}

/* What is refused is gathered, so that the operator reads all of it at once. */
static enum err work_out(void *context, struct changes *changes, struct audit_entry *entry)
{
	struct job *job = context;
	const struct names *domains = job->forget->domains;
	enum err worst = ERR_OK;

	job->list.item = calloc(domains->count + 1, sizeof(*job->list.item)); /* there may be none */
	if (job->list.item == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < domains->count; i++) {
		enum err err = add(job, domains->item[i], entry->at, changes);

		if (err != ERR_OK && err != ERR_REFUSED)
			return err;
		if (err == ERR_REFUSED)
			worst = err;
	}
	count_others(job, changes);
	return worst;
}

static void log_one(const struct order *order, const struct change *change, bool forced)
{
	const struct log_fields fields = {
		.domain = change->domain,
		.id = change->before->id,
		.who = order->who,
		.uid = &order->uid,
		.reason = order->reason,
	};

	log_event(EVENT_DOMAIN_FORGOTTEN, &fields, "%s, forgotten by %s (id %s%s)", change->domain,
		  order->who, change->before->id, forced ? ", forced" : "");
}

static void log_done(const void *context, const struct changes *changes)
{
	const struct job *job = context;

	for (size_t i = 0; i < changes->count && i < ORDER_DOMAINS_LOGGED; i++)
		log_one(job->order, &changes->item[i], job->list.item[i].forced);
	log_notice("forget, by %s done (domains: %zu, forced: %zu)", job->order->who, changes->count,
		   job->list.forced);
}

static const struct order_kind kind = {
	.command = "forget",
	.not_done = EVENT_FORGET_NOT_DONE,
	.work_out = work_out,
	.log_done = log_done,
};

enum err forget_run(struct registry *registry, struct store *store, const struct order *order,
		    const struct forget *forget, struct complaints *complaints, struct forgotten_list *list,
		    struct changes **changes)
{
	struct job job = { registry, store, order, forget, complaints, { 0 } };
	enum err err = order_run(registry, store, order, &kind, &job, changes);

	if (err == ERR_OK)
		*list = job.list;
	else
		forget_free(&job.list);
	return err;
}

void forget_free(struct forgotten_list *list)
{
	free(list->item);
	*list = (struct forgotten_list){ 0 };
}
