/* SPDX-License-Identifier: ISC */
#include "control/view.h"

#include "base/clock.h"
#include "control/reply.h"
#include "control/view_history.h"
#include "control/view_retirement.h"
#include "core/registry_load.h"
#include "evidence/retirement.h"
#include "policy/retire.h"
#include "store/condition.h"

#include <stdio.h>
#include <string.h>

#define ORPHANS_NAMED   10
#define REVISIONS_SHOWN 10

/* The longest that a sender can hold any policy, with the margin of policy/retire.h. */
#define LONGEST_WAIT ((json_int_t)POLICY_MAX_AGE_LIMIT + RETIRE_MARGIN)

static enum err count(void *context, const struct domain *domain)
{
	struct view_counts *counts = context;

	counts->total++;
	counts->modes[domain->published->mode]++;
	counts->switched += domain->switching.active;
	counts->orphaned += registry_is_orphan(domain);
	counts->refused += domain->refused;
	return ERR_OK;
}

void view_count(const struct host *host, struct view_counts *counts)
{
	*counts = (struct view_counts){ 0 };
	(void)registry_each(host->registry, count, counts);
}

struct expiry_count {
	struct view_expiry *expiry;
	time_t now;
};

static enum err compare_expiry(void *context, const struct facts *info, bool used)
{
	const struct expiry_count *count = context;
	struct view_expiry *expiry = count->expiry;

	expiry->pairs++;
	if (!used)
		return ERR_OK;
	expiry->counts[expiry_stage(info->not_before, info->not_after, count->now)]++;
	if (expiry->first.not_after == 0 || info->not_after < expiry->first.not_after)
		expiry->first = *info;
	return ERR_OK;
}

void view_find_expiry(const struct host *host, struct view_expiry *expiry)
{
	struct expiry_count count = { expiry, clock_now() };

	*expiry = (struct view_expiry){ 0 };
	(void)certs_each(host->certs, compare_expiry, &count);
}

static enum err name_orphan(void *context, const struct domain *domain)
{
	json_t **array = context;

	if (registry_is_orphan(domain) && json_array_size(*array) < ORPHANS_NAMED)
		*array = reply_append(*array, json_string(domain->name));
	return ERR_OK;
}

json_t *view_orphans(const struct host *host)
{
	json_t *array = json_array();

	(void)registry_each(host->registry, name_orphan, &array);
	return array;
}

json_t *view_unreadable(const struct host *host)
{
	struct names names = { 0 };
	json_t *json = NULL;

	if (registry_unreadable(host->registry, &names) == ERR_OK)
		json = reply_names(&names);
	names_free(&names);
	return json;
}

json_t *view_findings(const struct host *host)
{
	struct complaints state = { 0 };
	const struct complaints *const lists[] = { &state, &host->files->complaints,
						   &host->coverage->unfetched };
	json_t *all = json_array();

	condition_complain(host->store, &state);
	registry_complain(host->registry, &state);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		json_t *some = view_complaints(lists[i]);

		if (some == NULL || json_array_extend(all, some) != 0) {
			json_decref(all);
			all = NULL;
		}
		json_decref(some);
	}
	complaints_free(&state);
	return all;
}

json_t *view_txt(const char *domain, const char *id)
{
	return json_pack("{s: s++, s: s++}", "name", "_mta-sts.", domain, ".", "value", "v=STSv1; id=", id,
			 ";");
}

static json_t *view_switch(const struct switching *switching)
{
	if (!switching->active)
		return json_null();
	return json_pack("{s: s, s: o, s: b, s: o, s: o}", "mode", mode_text(switching->mode), "max_age",
			 switching->mode == MODE_NONE ? json_integer(switching->max_age) : json_null(),
			 "keep_mx", switching->keep_mx, "since", reply_time(switching->since), "by",
			 reply_text(switching->who));
}

static bool is_covered(const struct host *host, const char *domain)
{
	char policy_host[HOST_SIZE];

	(void)snprintf(policy_host, sizeof(policy_host), DOMAIN_HOST_PREFIX "%s", domain);
	return certs_serve(host->certs, policy_host);
}

/* Where the domain's file is, as far as there is one. */
static const char *file_of(const struct domain *domain)
{
	if (domain->configured != NULL)
		return domain->configured->file;
	return domain->refused && domain->source[0] != '\0' ? domain->source : NULL;
}

json_t *view_domain(const struct host *host, const struct domain *domain)
{
	const struct revision *revision = domain->published;
	const struct configured *configured = domain->configured;

	return json_pack(
		"{s: s, s: s, s: I, s: s, s: o, s: s, s: b, s: b, s: o, s: o, s: i, s: b, s: o, s: o}",
		"domain", domain->name, "mode", mode_text(revision->mode), "max_age",
		(json_int_t)revision->max_age, "id", revision->id, "published_at",
		reply_time(revision->published_at), "standing",
		registry_standing_text(registry_standing(domain)), "orphaned", registry_is_orphan(domain),
		"refused", domain->refused, "switch", view_switch(&domain->switching), "file",
		reply_text(file_of(domain)), "line", configured != NULL ? (int)configured->line : 0,
		"certificate", is_covered(host, domain->name), "retirement", view_retirement(host, domain),
		"txt", view_txt(domain->name, revision->id));
}

static json_t *view_configured(const struct configured *configured)
{
	const struct policy *policy;

	if (configured == NULL)
		return json_null();
	policy = configured->policy;
	return json_pack("{s: s, s: I, s: o, s: s?}", "mode", mode_text(policy->mode), "max_age",
			 (json_int_t)policy->max_age, "mx", reply_names(&policy->mx), "id",
			 configured->id[0] != '\0' ? configured->id : NULL);
}

/* While the store cannot be read nobody knows. */
static json_t *view_wait(const struct host *host, const struct domain *domain)
{
	uint32_t wait;

	if (retirement_wait(host->store, domain->name, clock_now(), false, &wait) != ERR_OK)
		return json_null();
	return json_integer(wait);
}

/* Returns false without memory. */
static bool add_past(const struct host *host, const struct domain *domain, json_t *whole)
{
	struct view_past past;
	bool readable = view_revisions(host, domain->name, REVISIONS_SHOWN, &past);

	if (!readable)
		past = (struct view_past){ .revisions = json_array() };
	return json_object_set_new(whole, "history_readable", json_boolean(readable)) == 0 &&
	       json_object_set_new(whole, "revisions", past.revisions) == 0 &&
	       json_object_set_new(whole, "revisions_total", json_integer((json_int_t)past.total)) == 0 &&
	       json_object_set_new(whole, "fetches", json_integer(past.fetches)) == 0 &&
	       json_object_set_new(whole, "last_served_at",
				   past.last_served_at != 0 ? reply_time(past.last_served_at)
							    : json_null()) == 0;
}

json_t *view_domain_whole(const struct host *host, const struct domain *domain)
{
	struct policy *policy = NULL;
	json_t *whole = view_domain(host, domain);
	bool ok = whole != NULL && revision_policy(domain->published, &policy) == ERR_OK;

	ok = ok && json_object_set_new(whole, "policy", json_string(domain->published->text)) == 0 &&
	     json_object_set_new(whole, "mx", reply_names(&policy->mx)) == 0 &&
	     json_object_set_new(whole, "configured", view_configured(domain->configured)) == 0 &&
	     json_object_set_new(whole, "wait", view_wait(host, domain)) == 0 &&
	     json_object_set_new(whole, "dns", view_dns(host, domain)) == 0 && add_past(host, domain, whole);
	policy_free(&policy);
	if (ok)
		return whole;
	json_decref(whole);
	return NULL;
}

static json_t *view_revision(const struct revision *revision)
{
	if (revision == NULL)
		return json_null();
	return json_pack("{s: s, s: I, s: s}", "mode", mode_text(revision->mode), "max_age",
			 (json_int_t)revision->max_age, "id", revision->id);
}

/*
 * For what is about to be replaced the time begins anew.  What was done is told all the same when the history
 * cannot be read: with the longest time there is.
 */
static json_t *view_wait_after(const struct host *host, const struct change *change, bool done)
{
	uint32_t wait = 0;
	enum err err = ERR_OK;

	if (change->before != NULL)
		err = retirement_wait(host->store, change->domain, clock_now(), change->publishes && !done,
				      &wait);
	if (err != ERR_OK)
		return done && err != ERR_NO_MEMORY ? json_integer(LONGEST_WAIT) : NULL;
	return json_integer(wait);
}

static json_t *view_change(const struct host *host, const struct change *change, bool done)
{
	const struct domain *domain = registry_domain(host->registry, change->domain);

	return json_pack("{s: s, s: b, s: b, s: b, s: b, s: o, s: o, s: s, s: o, s: o}", "domain",
			 change->domain, "changed", change->publishes, "switched", change->switching.active,
			 "orphaned", domain != NULL && registry_is_orphan(domain), "certificate",
			 is_covered(host, change->domain), "before", view_revision(change->before), "after",
			 view_revision(change->after), "policy", change->after->text, "txt",
			 view_txt(change->domain, change->after->id), "wait",
			 view_wait_after(host, change, done));
}

json_t *view_changes(const struct host *host, const struct changes *changes, bool only_published)
{
	json_t *array = json_array();

	for (size_t i = 0; i < changes->count; i++) {
		if (changes->item[i].publishes || !only_published)
			array = reply_append(array,
					     view_change(host, &changes->item[i], changes->audit != 0));
	}
	return array;
}

static json_t *view_complaint(const struct complaint *complaint)
{
	struct text line = { 0 };
	json_t *json = NULL;

	if (complaint_render(complaint, &line) == ERR_OK)
		json = json_pack("{s: s, s: o, s: i, s: s, s: o, s: o, s: o}", "severity",
				 complaint->severity == SEVERITY_ERROR ? "error" : "warning", "file",
				 reply_text(complaint->file), "line", (int)complaint->line, "what",
				 complaint->what, "value", reply_text(complaint->value), "instead",
				 reply_text(complaint->instead), "text", reply_text(line.bytes));
	text_free(&line);
	return json;
}

json_t *view_complaints(const struct complaints *complaints)
{
	json_t *array = json_array();

	for (size_t i = 0; i < complaints->count; i++)
		array = reply_append(array, view_complaint(&complaints->item[i]));
	return array;
}
