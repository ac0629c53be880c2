/* SPDX-License-Identifier: ISC */
#include "control/view.h"

#include "base/clock.h"
#include "base/text.h"
#include "core/hold.h"
#include "policy/domain.h"

#include <stdio.h>
#include <string.h>

#define ORPHANS_NAMED 10

json_t *view_append(json_t *array, json_t *item)
{
	if (array != NULL && json_array_append_new(array, item) == 0)
		return array;
	if (array == NULL)
		json_decref(item);
	json_decref(array);
	return NULL;
}

json_t *view_text(const char *text)
{
	char shown[TEXT_SHOWN_SIZE];
	json_t *json;

	if (text == NULL)
		return json_null();
	json = json_string(text);
	return json != NULL ? json : json_string(text_escape(text, strlen(text), shown));
}

json_t *view_names(const struct names *names)
{
	json_t *array = json_array();

	for (size_t i = 0; i < names->count; i++)
		array = view_append(array, json_string(names->item[i]));
	return array;
}

json_t *view_time(time_t when)
{
	char text[CLOCK_TEXT_SIZE];

	return json_string(clock_text(when, text));
}

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

static enum err name_orphan(void *context, const struct domain *domain)
{
	json_t **array = context;

	if (registry_is_orphan(domain) && json_array_size(*array) < ORPHANS_NAMED)
		*array = view_append(*array, json_string(domain->name));
	return ERR_OK;
}

json_t *view_orphans(const struct host *host)
{
	json_t *array = json_array();

	(void)registry_each(host->registry, name_orphan, &array);
	return array;
}

static json_t *view_txt(const char *domain, const char *id)
{
	return json_pack("{s: s++, s: s++}", "name", "_mta-sts.", domain, ".", "value", "v=STSv1; id=", id,
			 ";");
}

static json_t *view_switch(const struct switching *switching)
{
	if (!switching->active)
		return json_null();
	return json_pack("{s: s, s: o, s: b, s: o, s: s}", "mode", mode_text(switching->mode), "max_age",
			 switching->mode == MODE_NONE ? json_integer(switching->max_age) : json_null(),
			 "keep_mx", switching->keep_mx, "since", view_time(switching->since), "by",
			 switching->who);
}

static bool is_covered(const struct host *host, const struct domain *domain)
{
	char policy_host[HOST_SIZE];

	(void)snprintf(policy_host, sizeof(policy_host), DOMAIN_HOST_PREFIX "%s", domain->name);
	return certs_cover(host->certs, policy_host);
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
		"{s: s, s: s, s: I, s: s, s: o, s: s, s: b, s: b, s: o, s: o, s: i, s: b, s: o}", "domain",
		domain->name, "mode", mode_text(revision->mode), "max_age", (json_int_t)revision->max_age,
		"id", revision->id, "published_at", view_time(revision->published_at), "standing",
		registry_standing_text(registry_standing(domain)), "orphaned", registry_is_orphan(domain),
		"refused", domain->refused, "switch", view_switch(&domain->switching), "file",
		view_text(file_of(domain)), "line", configured != NULL ? (int)configured->line : 0,
		"certificate", is_covered(host, domain), "txt", view_txt(domain->name, revision->id));
}

static json_t *view_configured(const struct configured *configured)
{
	const struct policy *policy;

	if (configured == NULL)
		return json_null();
	policy = configured->policy;
	return json_pack("{s: s, s: I, s: o, s: s?}", "mode", mode_text(policy->mode), "max_age",
			 (json_int_t)policy->max_age, "mx", view_names(&policy->mx), "id",
			 configured->id[0] != '\0' ? configured->id : NULL);
}

json_t *view_domain_whole(const struct host *host, const struct domain *domain)
{
	struct policy *policy = NULL;
	uint32_t hold;
	json_t *whole = view_domain(host, domain);

	if (whole == NULL || revision_policy(domain->published, &policy) != ERR_OK) {
		json_decref(whole);
		return NULL;
	}
	(void)json_object_set_new(whole, "policy", json_string(domain->published->text));
	(void)json_object_set_new(whole, "mx", view_names(&policy->mx));
	(void)json_object_set_new(whole, "configured", view_configured(domain->configured));
	if (hold_of_older(host->store, domain->name, clock_now(), &hold) == ERR_OK)
		(void)json_object_set_new(whole, "wait", json_integer(hold));
	else /* while the store cannot be read nobody knows */
		(void)json_object_set_new(whole, "wait", json_null());
	policy_free(&policy);
	return whole;
}

static json_t *view_revision(const struct revision *revision)
{
	if (revision == NULL)
		return json_null();
	return json_pack("{s: s, s: I, s: s}", "mode", mode_text(revision->mode), "max_age",
			 (json_int_t)revision->max_age, "id", revision->id);
}

static json_t *view_change(const struct host *host, const struct change *change)
{
	const struct domain *domain = change->domain;

	return json_pack("{s: s, s: b, s: b, s: b, s: b, s: o, s: o, s: s, s: o, s: I}", "domain",
			 domain->name, "changed", change->publishes, "switched", change->switching.active,
			 "orphaned", registry_is_orphan(domain), "certificate", is_covered(host, domain),
			 "before", view_revision(change->before), "after", view_revision(change->after),
			 "policy", change->after->text, "txt", view_txt(domain->name, change->after->id),
			 "wait", (json_int_t)change->hold);
}

json_t *view_changes(const struct host *host, const struct plan *plan, bool only_published)
{
	json_t *array = json_array();

	for (size_t i = 0; i < plan->count; i++) {
		if (plan->item[i].publishes || !only_published)
			array = view_append(array, view_change(host, &plan->item[i]));
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
				 view_text(complaint->file), "line", (int)complaint->line, "what",
				 complaint->what, "value", view_text(complaint->value), "instead",
				 view_text(complaint->instead), "text", view_text(line.bytes));
	text_free(&line);
	return json;
}

json_t *view_complaints(const struct complaints *complaints)
{
	json_t *array = json_array();

	for (size_t i = 0; i < complaints->count; i++)
		array = view_append(array, view_complaint(&complaints->item[i]));
	return array;
}
