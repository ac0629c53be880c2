/* SPDX-License-Identifier: ISC */
#include "control/view_history.h"

#include "api/shape_history.h"
#include "api/shape_order.h"
#include "api/shape_status.h"
#include "control/action.h"
#include "control/reply.h"
#include "store/revisions.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Most changes that an entry of a list is shown with. */
#define CHANGES_MAX 10

struct gathering {
	struct view_past *past;
	size_t limit;
};

static json_t *view_revision(const struct history_row *row, bool with_policy)
{
	struct revision *revision = NULL;
	json_t *json = NULL;
	enum err err = row->sound ? revision_new(row->id, row->text, row->len, row->published_at, &revision)
				  : ERR_SYNTAX;
	struct api_revision shown = { .id = row->id,
				      .fetches = (json_int_t)row->fetches,
				      .ttl = row->ttl,
				      .audit = row->audit,
				      .command = row->command,
				      .by = row->who,
				      .reason = row->reason,
				      .readable = revision != NULL,
				      .policy = with_policy ? row->text : NULL };

	if (revision != NULL) {
		shown.mode = revision->mode;
		shown.max_age = revision_max_age(revision);
	}
	shape_put_time(row->published_at, shown.published_at);
	shape_put_time_or_none(row->superseded_at, shown.superseded_at);
	shape_put_time_or_none(row->first_served_at, shown.first_served_at);
	shape_put_time_or_none(row->last_served_at, shown.last_served_at);
	shape_put_time_or_none(row->seen_at, shown.seen_at);
	if (err == ERR_OK || err == ERR_SYNTAX)
		json = shape_write(&shape_revision, &shown);
	revision_release(&revision);
	return json;
}

/* They come newest first. */
static enum err gather(void *context, const struct history_row *row)
{
	struct gathering *gathering = context;
	struct view_past *past = gathering->past;

	past->total++;
	past->fetches += row->fetches;
	if (row->last_served_at > past->last_served_at)
		past->last_served_at = row->last_served_at;
	if (gathering->limit > 0 && past->total > gathering->limit)
		return ERR_OK;
	return json_array_insert_new(past->revisions, 0, view_revision(row, gathering->limit == 0)) == 0
		       ? ERR_OK
		       : ERR_NO_MEMORY;
}

bool view_revisions(const struct host *host, const char *domain, size_t limit, struct view_past *past)
{
	struct gathering gathering = { .past = past, .limit = limit };

	*past = (struct view_past){ .revisions = json_array() };
	if (past->revisions != NULL && revisions_history(host->store, domain, gather, &gathering) == ERR_OK)
		return true;
	json_decref(past->revisions);
	past->revisions = NULL;
	return false;
}

static enum err add_change(void *context, const struct audit_change *change)
{
	const struct api_entry_change shown = { change->domain, change->before, change->after };
	json_t **array = context;

	*array = reply_append(*array, shape_write(&shape_entry_change, &shown));
	return *array != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static json_t *view_entry(const struct host *host, const struct audit_entry *entry, int64_t limit)
{
	struct api_entry shown = { .number = entry->number,
				   .uid = entry->uid,
				   .by = entry->who,
				   .command = entry->command,
				   .undoes = entry->undoes,
				   .reason = entry->reason,
				   .domains = (json_int_t)entry->domains,
				   .changes = json_array() };

	shape_put_time(entry->at, shown.at);
	if (audit_each_change(host->store, entry->number, limit, add_change, &shown.changes) != ERR_OK) {
		json_decref(shown.changes);
		return NULL;
	}
	return shape_write(&shape_entry, &shown);
}

#define TYPED_SIZE    1024
#define NUMBER_DIGITS 18

void view_history(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	const struct host *host = control->host;
	struct view_past past = { 0 };
	char typed[TYPED_SIZE];
	char name[DOMAIN_SIZE];

	action_catch_up(host);
	if (!body_decode(request->rest, typed, sizeof(typed)) ||
	    domain_normalise(typed, name, NULL) != ERR_OK)
		reply_error(answer, REPLY_UNKNOWN_DOMAIN, NULL, NULL);
	else if (!view_revisions(host, name, 0, &past))
		reply_error(answer, REPLY_UNREADABLE, NULL, NULL);
	else if (past.total == 0)
		action_refuse_unknown(answer, registry_is_unreadable(host->registry, name), NULL, NULL);
	else
		reply_json(answer,
			   shape_write(&shape_history,
				       &(struct api_history){
					       .domain = name,
					       .published = registry_domain(host->registry, name) != NULL,
					       .revisions = json_incref(past.revisions) }));
	json_decref(past.revisions);
}

static bool read_number(const char *text, int64_t *number)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > NUMBER_DIGITS || text[len] != '\0')
		return false;
	*number = strtoll(text, NULL, 10);
	return true;
}

struct entries {
	const struct host *host;
	json_t *array;
};

/* They come newest first. */
static enum err add_entry(void *context, const struct audit_entry *entry)
{
	struct entries *entries = context;

	return json_array_insert_new(entries->array, 0, view_entry(entries->host, entry, CHANGES_MAX)) == 0
		       ? ERR_OK
		       : ERR_STORE;
}

void view_audit(void *context, const struct request *request, struct answer *answer)
{
	static const char field[] = "before=";
	const struct control *control = context;
	struct entries entries = { .host = control->host };
	int64_t before = INT64_MAX;

	if (request->query[0] != '\0' && (strncmp(request->query, field, strlen(field)) != 0 ||
					  !read_number(request->query + strlen(field), &before))) {
		reply_error(answer, REPLY_BAD_REQUEST, "the query is not before=NUMBER: name an audit entry",
			    NULL);
		return;
	}
	entries.array = json_array();
	if (entries.array != NULL &&
	    audit_each(control->host->store, before, API_ENTRIES_MAX, add_entry, &entries) == ERR_OK) {
		reply_json(answer, shape_write(&shape_entries, &(struct api_entries){ entries.array }));
		return;
	}
	json_decref(entries.array);
	reply_error(answer, REPLY_UNREADABLE, NULL, NULL);
}

struct wanted {
	const struct host *host;
	int64_t number;
	json_t *entry;
};

static enum err view_wanted(void *context, const struct audit_entry *entry)
{
	struct wanted *wanted = context;

	if (entry->number != wanted->number)
		return ERR_OK;
	wanted->entry = view_entry(wanted->host, entry, -1);
	return wanted->entry != NULL ? ERR_OK : ERR_STORE;
}

void view_audit_entry(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	struct wanted wanted = { .host = control->host };

	if (!read_number(request->rest, &wanted.number))
		reply_error(answer, REPLY_UNKNOWN_ENTRY, NULL, NULL);
	else if (audit_each(control->host->store, wanted.number + 1, 1, view_wanted, &wanted) != ERR_OK)
		reply_error(answer, REPLY_UNREADABLE, NULL, NULL);
	else if (wanted.entry == NULL)
		reply_error(answer, REPLY_UNKNOWN_ENTRY, NULL, NULL);
	else
		reply_json(answer, json_incref(wanted.entry));
	json_decref(wanted.entry);
}
