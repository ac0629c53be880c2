/* SPDX-License-Identifier: ISC */
#include "ctl/show/history.h"

#include "api/shape_history.h"
#include "api/shape_order.h"
#include "api/shape_status.h"
#include "ctl/cli/print.h"
#include "ctl/cli/table.h"

#include <string.h>

#define N "%" JSON_INTEGER_FORMAT

/* "" and "" when there is nothing to tell, else what goes before, and it. */
static const char *before(const char *word, const char *value)
{
	return value != NULL ? word : "";
}

static const char *or_nothing(const char *value)
{
	return value != NULL ? value : "";
}

static void put_origin(struct table *table, const struct api_revision *revision)
{
	table_putf(table, "published", "%s%s%s%s%s", revision->published_at, before(", ", revision->command),
		   or_nothing(revision->command), before(" by ", revision->by), or_nothing(revision->by));
	if (revision->audit > 0)
		table_putf(table, "entry", N " of the audit trail", revision->audit);
	if (*or_nothing(revision->reason) != '\0')
		table_putf(table, "reason", "%s", revision->reason);
}

static void put_served(struct table *table, const struct api_revision *revision)
{
	char count[PRINT_COUNT_SIZE];

	if (revision->fetches == 0 && *revision->last_served_at == '\0')
		table_putf(table, "served", "never");
	else
		table_putf(table, "served", "%s%s%s%s%s", print_count(revision->fetches, "time", count),
			   *revision->first_served_at != '\0' ? ", first " : "", revision->first_served_at,
			   *revision->last_served_at != '\0' ? ", last " : "", revision->last_served_at);
}

static void put_seen(struct table *table, const struct api_revision *revision)
{
	if (*revision->seen_at == '\0')
		table_putf(table, "id seen",
			   "not counted: nobody looked, it was not at every name server, or another id "
			   "stood there since");
	else if (revision->ttl == 0)
		table_putf(table, "id seen", "everywhere since %s", revision->seen_at);
	else
		table_putf(table, "id seen", "everywhere since %s, TTL " N, revision->seen_at, revision->ttl);
}

static enum err print_revision(FILE *out, json_t *item, bool published)
{
	struct table table = { .columns = 2 };
	char duration[PRINT_DURATION_SIZE];
	struct api_revision revision;
	enum err err;

	if (shape_read(&shape_revision, item, &revision) != ERR_OK || revision.policy == NULL)
		return ERR_SYNTAX;
	(void)fprintf(out, "\nid %s: %s, max_age " N " (%s)\n", revision.id,
		      revision.mode != MODE_UNKNOWN ? mode_text(revision.mode) : "damaged", revision.max_age,
		      print_duration(revision.max_age, duration));
	put_origin(&table, &revision);
	if (*revision.superseded_at != '\0')
		table_putf(&table, "until", "%s", revision.superseded_at);
	else
		table_putf(&table, "until", published ? "now" : "the domain was forgotten");
	put_served(&table, &revision);
	put_seen(&table, &revision);
	err = table_end(&table, "  ", out);
	if (err == ERR_OK) {
		(void)fputc('\n', out);
		print_policy(out, revision.policy);
	}
	return err;
}

enum err history_print(const struct print_view *view, json_t *reply)
{
	char count[PRINT_COUNT_SIZE];
	struct api_history history;
	enum err err = shape_read(&shape_history, reply, &history);
	json_t *item;
	size_t i;

	if (err != ERR_OK)
		return err;
	print_text(view->out, history.domain);
	(void)fprintf(view->out, ": %s, %s\n",
		      print_count((json_int_t)json_array_size(history.revisions), "revision", count),
		      history.published ? "the last is published"
					: "forgotten: the domain is no longer served");
	json_array_foreach(history.revisions, i, item)
	{
		if (err == ERR_OK)
			err = print_revision(view->out, item, history.published);
	}
	return err;
}

static const char *or_none(const char *id)
{
	return id != NULL ? id : "nothing";
}

static enum err show_before(const void *row, struct text *cell)
{
	return text_appendf(cell, "%s", or_none(((const struct api_entry_change *)row)->before));
}

static enum err show_after(const void *row, struct text *cell)
{
	return text_appendf(cell, "%s", or_none(((const struct api_entry_change *)row)->after));
}

static enum err show_command(const void *row, struct text *cell)
{
	const struct api_entry *entry = row;

	return entry->undoes > 0 ? text_appendf(cell, "%s " N, entry->command, entry->undoes)
				 : text_appendf(cell, "%s", entry->command);
}

static enum err show_what(const void *row, struct text *cell)
{
	const struct api_entry *entry = row;
	struct api_entry_change change;
	char count[PRINT_COUNT_SIZE];

	if (entry->domains != 1)
		return text_appendf(cell, "%s", print_count(entry->domains, "domain", count));
	if (shape_read(&shape_entry_change, json_array_get(entry->changes, 0), &change) != ERR_OK)
		return ERR_SYNTAX;
	return text_appendf(cell, "%s %s -> %s", change.domain, or_none(change.before),
			    or_none(change.after));
}

static const struct table_column entry_columns[] = {
	{ "NUMBER", "number", NULL },      { "TIME", "at", NULL },      { "WHO", "by", NULL },
	{ "COMMAND", NULL, show_command }, { "WHAT", NULL, show_what }, { "REASON", "reason", NULL },
};

static const struct table_column change_columns[] = {
	{ "DOMAIN", "domain", NULL },
	{ "ID BEFORE", NULL, show_before },
	{ "ID AFTER", NULL, show_after },
};

static enum err print_entries(FILE *out, const json_t *entries)
{
	struct table table = { .columns = 6 };
	size_t count = json_array_size(entries);
	json_int_t oldest = json_integer_value(json_object_get(json_array_get(entries, 0), "number"));
	struct api_entry entry;
	enum err err;

	table_fill(&table, entry_columns, &shape_entry, entries, &entry);
	err = table_end(&table, "", count > 0 ? out : NULL);
	if (err == ERR_OK && count == 0)
		(void)fputs("no entries\n", out);
	if (err == ERR_OK && count >= API_ENTRIES_MAX && oldest > 1)
		(void)fprintf(out, "\nolder ones: mta-stsctl audit --before " N "\n", oldest);
	return err;
}

static bool is_switch(const char *command)
{
	static const char *const switches[] = { "none", "testing", "enforce", "reset" };

	for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++) {
		if (strcmp(command, switches[i]) == 0)
			return true;
	}
	return false;
}

static enum err print_entry_changes(FILE *out, const json_t *changes)
{
	struct table table = { .columns = 3 };
	bool any = json_array_size(changes) > 0;
	struct api_entry_change change;

	table_fill(&table, change_columns, &shape_entry_change, changes, &change);
	if (table.err == ERR_OK && any)
		(void)fputc('\n', out);
	return table_end(&table, "", any ? out : NULL);
}

static enum err print_entry(FILE *out, json_t *reply)
{
	struct table table = { .columns = 2 };
	struct text command = { 0 };
	char count[PRINT_COUNT_SIZE];
	struct api_entry entry;
	enum err err = shape_read(&shape_entry, reply, &entry);

	if (err == ERR_OK)
		err = show_command(&entry, &command);
	if (err != ERR_OK)
		return err;
	table_putf(&table, "entry", N, entry.number);
	table_putf(&table, "time", "%s", entry.at);
	table_putf(&table, "who", "%s", entry.by);
	table_putf(&table, "command", "%s", command.bytes);
	table_putf(&table, "reason", "%s", *entry.reason != '\0' ? entry.reason : "none given");
	table_putf(&table, "changed", "%s", print_count(entry.domains, "domain", count));
	text_free(&command);
	err = table_end(&table, "", out);
	if (err == ERR_OK)
		err = print_entry_changes(out, entry.changes);
	if (err == ERR_OK && entry.undoes > 0)
		(void)fprintf(out,
			      "\nmta-stsctl undo " N " does again what entry " N
			      " did, unless something newer changed its domains\n",
			      entry.number, entry.undoes);
	else if (err == ERR_OK && is_switch(entry.command))
		(void)fprintf(out,
			      "\nmta-stsctl undo " N
			      " takes it back, unless something newer changed its domains\n",
			      entry.number);
	return err;
}

enum err history_print_audit(const struct print_view *view, json_t *reply)
{
	struct api_entries list;

	if (json_object_get(reply, "entries") == NULL)
		return print_entry(view->out, reply);
	if (shape_read(&shape_entries, reply, &list) != ERR_OK)
		return ERR_SYNTAX;
	return print_entries(view->out, list.entries);
}
