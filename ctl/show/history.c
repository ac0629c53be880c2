/* SPDX-License-Identifier: ISC */
#include "ctl/show/history.h"

#include "client/history.h"
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

static void put_origin(struct table *table, const struct history_revision *revision)
{
	table_putf(table, "published", "%s%s%s%s%s", revision->published_at, before(", ", revision->command),
		   or_nothing(revision->command), before(" by ", revision->by), or_nothing(revision->by));
	if (revision->audit > 0)
		table_putf(table, "entry", N " of the audit trail", revision->audit);
	if (*or_nothing(revision->reason) != '\0')
		table_putf(table, "reason", "%s", revision->reason);
}

static void put_served(struct table *table, const struct history_revision *revision)
{
	char count[PRINT_COUNT_SIZE];

	if (revision->fetches == 0 && revision->last_served_at == NULL)
		table_putf(table, "served", "never");
	else
		table_putf(table, "served", "%s%s%s%s%s", print_count(revision->fetches, "time", count),
			   before(", first ", revision->first_served_at),
			   or_nothing(revision->first_served_at), before(", last ", revision->last_served_at),
			   or_nothing(revision->last_served_at));
}

static void put_seen(struct table *table, const struct history_revision *revision)
{
	if (revision->seen_at == NULL)
		table_putf(table, "id seen",
			   "not counted: nobody looked, it was not at every name server, or another id "
			   "stood there since");
	else if (revision->ttl < 0)
		table_putf(table, "id seen", "everywhere since %s", revision->seen_at);
	else
		table_putf(table, "id seen", "everywhere since %s, TTL " N, revision->seen_at, revision->ttl);
}

static enum err print_revision(FILE *out, json_t *item, bool published)
{
	struct table table = { .columns = 2 };
	char duration[PRINT_DURATION_SIZE];
	struct history_revision revision;
	enum err err;

	if (history_revision(item, &revision) != ERR_OK || revision.policy == NULL)
		return ERR_SYNTAX;
	(void)fprintf(out, "\nid %s: %s, max_age " N " (%s)\n", revision.id,
		      revision.mode != NULL ? revision.mode : "damaged", revision.max_age,
		      print_duration(revision.max_age, duration));
	put_origin(&table, &revision);
	if (revision.superseded_at != NULL)
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
	json_t *revisions, *item;
	const char *domain;
	char count[PRINT_COUNT_SIZE];
	int published;
	size_t i;

	if (json_unpack(reply, "{s:s, s:b, s:o}", "domain", &domain, "published", &published, "revisions",
			&revisions) != 0 ||
	    !json_is_array(revisions))
		return ERR_SYNTAX;
	print_text(view->out, domain);
	(void)fprintf(view->out, ": %s, %s\n",
		      print_count((json_int_t)json_array_size(revisions), "revision", count),
		      published != 0 ? "the last is published" : "forgotten: the domain is no longer served");
	json_array_foreach(revisions, i, item)
	{
		enum err err = print_revision(view->out, item, published != 0);

		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

#define COMMAND_SIZE 64

/* The daemon tells of so many entries at once. */
#define ENTRIES_MAX 100

static const char *or_none(const char *id)
{
	return id != NULL ? id : "nothing";
}

static enum err show_id(json_t *value, struct text *cell)
{
	return text_appendf(cell, "%s", or_none(json_string_value(value)));
}

static void say_command(const struct history_entry *entry, char out[COMMAND_SIZE])
{
	if (entry->undoes > 0)
		(void)snprintf(out, COMMAND_SIZE, "%s " N, entry->command, entry->undoes);
	else
		(void)snprintf(out, COMMAND_SIZE, "%s", entry->command);
}

static enum err show_command(json_t *value, struct text *cell)
{
	char command[COMMAND_SIZE];
	struct history_entry entry;

	if (history_entry(value, &entry) != ERR_OK)
		return ERR_SYNTAX;
	say_command(&entry, command);
	return text_appendf(cell, "%s", command);
}

static enum err show_what(json_t *value, struct text *cell)
{
	char count[PRINT_COUNT_SIZE];
	struct history_change change;
	json_int_t domains = json_integer_value(json_object_get(value, "domains"));

	if (domains != 1)
		return text_appendf(cell, "%s", print_count(domains, "domain", count));
	if (history_change(json_array_get(json_object_get(value, "changes"), 0), &change) != ERR_OK)
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
	{ "ID BEFORE", "before", show_id },
	{ "ID AFTER", "after", show_id },
};

static enum err print_entries(FILE *out, const json_t *entries)
{
	struct table table = { .columns = 6 };
	size_t count = json_array_size(entries);
	json_int_t oldest = json_integer_value(json_object_get(json_array_get(entries, 0), "number"));
	enum err err;

	table_fill(&table, entry_columns, entries);
	err = table_end(&table, "", count > 0 ? out : NULL);
	if (err == ERR_OK && count == 0)
		(void)fputs("no entries\n", out);
	if (err == ERR_OK && count >= ENTRIES_MAX && oldest > 1)
		(void)fprintf(out, "\nolder ones: mta-stsctl audit --before " N "\n", oldest);
	return err;
}

static bool is_switch(const char *command)
{
	static const char *const switches[] = { "none", "testing", "enforce", "reset", "undo" };

	for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++) {
		if (strcmp(command, switches[i]) == 0)
			return true;
	}
	return false;
}

static enum err print_entry_changes(FILE *out, const json_t *changes)
{
	struct table table = { .columns = 3 };
	struct history_change change;
	json_t *item;
	size_t i;

	json_array_foreach(changes, i, item)
	{
		table_fail(&table, history_change(item, &change));
	}
	table_fill(&table, change_columns, changes);
	if (table.err == ERR_OK && i > 0)
		(void)fputc('\n', out);
	return table_end(&table, "", i > 0 ? out : NULL);
}

static enum err print_entry(FILE *out, json_t *reply)
{
	struct table table = { .columns = 2 };
	char command[COMMAND_SIZE], count[PRINT_COUNT_SIZE];
	struct history_entry entry;
	enum err err;

	err = history_entry(reply, &entry);
	if (err != ERR_OK)
		return err;
	say_command(&entry, command);
	table_putf(&table, "entry", N, entry.number);
	table_putf(&table, "time", "%s", entry.at);
	table_putf(&table, "who", "%s", entry.by);
	table_putf(&table, "command", "%s", command);
	table_putf(&table, "reason", "%s", *entry.reason != '\0' ? entry.reason : "none given");
	table_putf(&table, "changed", "%s", print_count(entry.domains, "domain", count));
	err = table_end(&table, "", out);
	if (err == ERR_OK)
		err = print_entry_changes(out, entry.changes);
	if (err == ERR_OK && is_switch(entry.command))
		(void)fprintf(out,
			      "\nmta-stsctl undo " N
			      " takes it back, unless something newer changed its domains\n",
			      entry.number);
	return err;
}

enum err history_print_audit(const struct print_view *view, json_t *reply)
{
	const json_t *entries = json_object_get(reply, "entries");

	if (entries == NULL)
		return print_entry(view->out, reply);
	return json_is_array(entries) ? print_entries(view->out, entries) : ERR_SYNTAX;
}
