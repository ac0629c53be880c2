/* SPDX-License-Identifier: ISC */
#include "control/view_history.h"

#include "control/value.h"
#include "core/revision.h"
#include "store/history.h"

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

	if (err == ERR_OK || err == ERR_SYNTAX)
		json = json_pack("{s: o, s: s?, s: I, s: o, s: o, s: o, s: o, s: I, s: o, s: o, s: o, s: o, "
				 "s: o, s: o, s: b}",
				 "id", value_text(row->id), "mode",
				 revision != NULL ? mode_text(revision->mode) : NULL, "max_age",
				 revision != NULL ? (json_int_t)revision->max_age : 0, "published_at",
				 value_time(row->published_at), "superseded_at",
				 value_time_or_null(row->superseded_at), "first_served_at",
				 value_time_or_null(row->first_served_at), "last_served_at",
				 value_time_or_null(row->last_served_at), "fetches", (json_int_t)row->fetches,
				 "seen_at", value_time_or_null(row->seen_at), "ttl",
				 row->ttl > 0 ? json_integer(row->ttl) : json_null(), "audit",
				 row->audit > 0 ? json_integer(row->audit) : json_null(), "command",
				 value_text(row->command), "by", value_text(row->who), "reason",
				 value_text(row->reason), "readable", revision != NULL);
	if (with_policy)
		(void)json_object_set_new(json, "policy", value_text(row->text));
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
	if (past->revisions != NULL && history_each(host->store, domain, gather, &gathering) == ERR_OK)
		return true;
	json_decref(past->revisions);
	past->revisions = NULL;
	return false;
}

static enum err add_change(void *context, const struct audit_change *change)
{
	json_t **array = context;

	*array = value_append(*array,
			      json_pack("{s: o, s: o, s: o}", "domain", value_text(change->domain), "before",
					value_text(change->before), "after", value_text(change->after)));
	return *array != NULL ? ERR_OK : ERR_NO_MEMORY;
}

json_t *view_entry(const struct host *host, const struct audit_entry *entry, int64_t limit)
{
	json_t *changes = json_array();

	if (audit_each_change(host->store, entry->number, limit, add_change, &changes) != ERR_OK) {
		json_decref(changes);
		return NULL;
	}
	return json_pack(
		"{s: I, s: o, s: o, s: o, s: o, s: o, s: o, s: I, s: o}", "number", (json_int_t)entry->number,
		"at", value_time(entry->at), "uid", entry->uid >= 0 ? json_integer(entry->uid) : json_null(),
		"by", value_text(entry->who), "command", value_text(entry->command), "undoes",
		entry->undoes > 0 ? json_integer(entry->undoes) : json_null(), "reason",
		value_text(entry->reason), "domains", (json_int_t)entry->domains, "changes", changes);
}
