/* SPDX-License-Identifier: ISC */
#include "control/view.h"

#include "api/shape_order.h"
#include "api/shape_text.h"
#include "base/clock.h"
#include "control/reply.h"
#include "control/rounds.h"
#include "control/view_history.h"
#include "control/view_record.h"
#include "control/view_retirement.h"
#include "core/registry_load.h"
#include "core/timekeeper.h"
#include "policy/retire.h"
#include "store/condition.h"
#include "store/past.h"

#include <stdio.h>
#include <string.h>

#define ORPHANS_NAMED   10
#define REVISIONS_SHOWN 10

/* The longest that a sender can hold any policy, with the margin of policy/retire.h. */
#define LONGEST_WAIT ((json_int_t)POLICY_MAX_AGE_LIMIT + RETIRE_MARGIN)

void view_count(const struct host *host, struct api_totals *totals)
{
	const struct registry *registry = host->registry;

	*totals = (struct api_totals){ .total = (json_int_t)registry_count(registry),
				       .enforce = (json_int_t)registry_marked(registry, MARK_ENFORCE),
				       .testing = (json_int_t)registry_marked(registry, MARK_TESTING),
				       .none = (json_int_t)registry_marked(registry, MARK_NONE),
				       .switched = (json_int_t)registry_marked(registry, MARK_SWITCHED),
				       .orphaned = (json_int_t)registry_marked(registry, MARK_ORPHANED),
				       .refused = (json_int_t)registry_marked(registry, MARK_REFUSED) };
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

	*array = reply_append(*array, json_string(domain->name));
	return json_array_size(*array) < ORPHANS_NAMED ? ERR_OK : ERR_EXISTS;
}

json_t *view_orphans(const struct host *host)
{
	json_t *array = json_array();

	(void)registry_each_marked(host->registry, MARK_ORPHANED, name_orphan, &array);
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

json_t *view_findings(const struct host *host, const struct room *room)
{
	struct complaints state = { 0 };
	const struct complaints *const lists[] = { &state, &host->files->complaints,
						   &host->coverage->unfetched };
	json_t *all = json_array();

	condition_complain(host->store, &state);
	registry_complain(host->registry, &state);
	room_complain(host->store, room, &state);
	timekeeper_complain(host->timekeeper, host->files->config_path, &state);
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

static void show_switch(const struct switching *switching, struct api_switch *shown)
{
	if (!switching->active)
		return;
	*shown = (struct api_switch){ .mode = switching->mode,
				      .max_age = switching->max_age,
				      .keep_mx = switching->keep_mx,
				      .by = switching->who };
	shape_put_time(switching->since, shown->since);
}

static bool is_covered(const struct host *host, const char *domain)
{
	char policy_host[HOST_SIZE];

	return certs_serve(host->certs, domain_host(domain, policy_host));
}

/* Where the domain's file is, as far as there is one. */
static const char *file_of(const struct domain *domain)
{
	if (domain->configured != NULL)
		return domain->configured->terms->file;
	return domain->refused && domain->source[0] != '\0' ? domain->source : NULL;
}

static void show_row(const struct host *host, const struct domain *domain, struct view_record *record,
		     struct api_row *row)
{
	const struct revision *revision = domain->published;

	*row = (struct api_row){
		.domain = domain->name,
		.mode = revision->mode,
		.max_age = revision_max_age(revision),
		.id = owner_id(host->registry, domain),
		.record_domains = (json_int_t)owner_domains(host->registry, domain),
		.standing = registry_standing_text(registry_standing(domain)),
		.orphaned = registry_is_orphan(domain),
		.refused = domain->refused,
		.file = file_of(domain),
		.line = domain->configured != NULL ? domain->configured->line : 0,
		.certificate = is_covered(host, domain->name),
		.tls_elsewhere = host->coverage->tls_elsewhere,
		.txt = view_txt(domain->name, owner_of(host->registry, domain),
				owner_id(host->registry, domain), record),
	};
	shape_put_time(revision->published_at, row->published_at);
	show_switch(domain->switching, &row->switching);
}

json_t *view_domain(const struct host *host, const struct domain *domain)
{
	struct view_retirement retirement = { 0 };
	struct view_record record;
	struct api_row row;
	json_t *json = NULL;

	show_row(host, domain, &record, &row);
	if (view_retirement(host, domain, &retirement) == ERR_OK) {
		row.retirement = retirement.shown;
		json = shape_write(&shape_row, &row);
	}
	view_retirement_free(&retirement);
	return json;
}

static void show_configured(const struct configured *configured, struct api_configured *shown)
{
	if (configured == NULL)
		return;
	*shown = (struct api_configured){ .mode = configured->terms->policy->mode,
					  .max_age = configured->terms->policy->max_age,
					  .mx = reply_names(&configured->terms->policy->mx),
					  .id = configured->terms->id[0] != '\0' ? configured->terms->id
										 : NULL,
					  .record = configured->terms->record };
}

/* While the store cannot be read nobody knows. */
static json_int_t find_wait(const struct host *host, const struct domain *domain)
{
	uint32_t wait;

	return retirement_wait(host->store, domain->name, clock_now(), false, &wait) == ERR_OK
		       ? (json_int_t)wait
		       : -1;
}

static void show_past(const struct host *host, const char *domain, struct api_domain *shown)
{
	struct view_past past;

	shown->history_readable = view_revisions(host, domain, REVISIONS_SHOWN, &past);
	if (!shown->history_readable)
		past = (struct view_past){ .revisions = json_array() };
	shown->revisions = past.revisions;
	shown->revisions_total = (json_int_t)past.total;
	shown->fetches = past.fetches;
	shape_put_time_or_none(past.last_served_at, shown->last_served_at);
}

/* What there is besides the row. */
static json_t *write_rest(const struct host *host, const struct domain *domain, const struct policy *policy)
{
	struct view_dns dns = { 0 };
	struct api_domain rest = { .policy = domain->published->text,
				   .wait = find_wait(host, domain),
				   .files_held = host->files->held };
	json_t *json = NULL;

	if (view_dns(host, domain, &dns) == ERR_OK) {
		rest.dns = dns.shown;
		(void)past_is_unknown(host->store, domain->name, &rest.unknown_before);
		rest.mx = reply_names(&policy->mx);
		rest.right_ids = view_right_ids(host, domain);
		rest.shares_with = view_sharers(host, domain);
		show_configured(domain->configured, &rest.configured);
		show_past(host, domain->name, &rest);
		rounds_show_domain(host, domain->name, &rest.certificate_order);
		json = shape_write(&shape_domain, &rest);
	}
	view_dns_free(&dns);
	return json;
}

json_t *view_domain_whole(const struct host *host, const struct domain *domain)
{
	struct policy *policy = NULL;
	json_t *whole = view_domain(host, domain);
	json_t *rest = NULL;

	if (revision_policy(domain->published, &policy) == ERR_OK)
		rest = write_rest(host, domain, policy);
	policy_free(&policy);
	if (whole == NULL || rest == NULL || json_object_update(whole, rest) != 0) {
		json_decref(whole);
		whole = NULL;
	}
	json_decref(rest);
	return whole;
}

static void show_brief(const struct revision *revision, struct api_brief *shown)
{
	if (revision != NULL)
		*shown = (struct api_brief){ revision->mode, revision_max_age(revision), revision->id };
}

static void show_place(const struct domain *domain, struct api_configured *shown)
{
	const struct configured *configured = domain != NULL ? domain->configured : NULL;

	if (configured != NULL)
		*shown = (struct api_configured){ .mode = configured->terms->policy->mode,
						  .file = configured->terms->file,
						  .line = configured->line };
}

/*
 * For what is about to be replaced the time begins anew.  What was done is told all the same when the history
 * cannot be read: with the longest time there is.
 */
static enum err find_wait_after(const struct host *host, const struct change *change, bool done,
				json_int_t *wait)
{
	uint32_t found = 0;
	enum err err = ERR_OK;

	if (change->before != NULL || done)
		err = retirement_wait(host->store, change->domain, clock_now(), change->publishes && !done,
				      &found);
	*wait = err == ERR_OK ? (json_int_t)found : LONGEST_WAIT;
	return done && err == ERR_STORE ? ERR_OK : err;
}

enum err view_change(const struct host *host, const struct change *change, bool done, struct text *text)
{
	const struct domain *domain = registry_domain(host->registry, change->domain);
	struct view_record record;
	struct api_change shown = {
		.domain = change->domain,
		.changed = change->publishes,
		.switched = change->switched,
		.orphaned = domain != NULL && registry_is_orphan(domain),
		.certificate = is_covered(host, change->domain),
		.tls_elsewhere = host->coverage->tls_elsewhere,
		.policy = change->after->text,
		.moved = change->moves,
		.only_before = change->only_before,
		.record_domains = domain != NULL ? (json_int_t)owner_domains(host->registry, domain) : 1,
		.txt = view_txt(change->domain, change->owner, changes_id(change), &record)
	};
	enum err err = find_wait_after(host, change, done, &shown.wait);

	if (err == ERR_OK)
		err = past_is_unknown(host->store, change->domain, &shown.unknown_before);
	if (err != ERR_OK && !(done && err == ERR_STORE))
		return err;
	show_brief(change->before, &shown.before);
	show_brief(change->after, &shown.after);
	show_place(domain, &shown.configured);
	return shape_append(&shape_change, &shown, text);
}

static json_t *view_complaint(const struct complaint *complaint)
{
	struct text line = { 0 };
	json_t *json = NULL;

	if (complaint_render(complaint, &line) == ERR_OK) {
		const struct api_complaint shown = {
			.severity = complaint->severity == SEVERITY_ERROR ? "error" : "warning",
			.file = complaint->file,
			.line = complaint->line,
			.what = complaint->what,
			.value = complaint->value,
			.instead = complaint->instead,
			.text = line.bytes,
		};

		json = shape_write(&shape_complaint, &shown);
	}
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
