/* SPDX-License-Identifier: ISC */
#include "ctl/show/history.h"

#include "client/history.h"
#include "ctl/cli/print.h"
#include "ctl/cli/table.h"

#include <string.h>

static enum err put_origin(struct table *table, const struct history_revision *revision)
{
	enum err err = table_putf(
		table, "published", "%s%s%s%s%s", revision->published_at,
		revision->command != NULL ? ", " : "", revision->command != NULL ? revision->command : "",
		revision->by != NULL ? " by " : "", revision->by != NULL ? revision->by : "");

	if (err == ERR_OK && revision->audit > 0)
		err = table_putf(table, "entry", "%" JSON_INTEGER_FORMAT " of the audit trail",
				 revision->audit);
	if (err == ERR_OK && revision->reason != NULL && *revision->reason != '\0')
		err = table_putf(table, "reason", "%s", revision->reason);
	return err;
}

static enum err put_served(struct table *table, const struct history_revision *revision)
{
	char count[PRINT_COUNT_SIZE];

	if (revision->fetches == 0 && revision->last_served_at == NULL)
		return table_putf(table, "served", "never");
	return table_putf(table, "served", "%s%s%s%s%s", print_count(revision->fetches, "time", count),
			  revision->first_served_at != NULL ? ", first " : "",
			  revision->first_served_at != NULL ? revision->first_served_at : "",
			  revision->last_served_at != NULL ? ", last " : "",
			  revision->last_served_at != NULL ? revision->last_served_at : "");
}

static enum err put_seen(struct table *table, const struct history_revision *revision)
{
	if (revision->seen_at == NULL)
		return table_putf(
			table, "id seen",
			"not counted: nobody looked, it was not at every name server, or another id "
			"stood there since");
	if (revision->ttl < 0)
		return table_putf(table, "id seen", "everywhere since %s", revision->seen_at);
	return table_putf(table, "id seen", "everywhere since %s, TTL %" JSON_INTEGER_FORMAT,
			  revision->seen_at, revision->ttl);
}

static enum err print_revision(FILE *out, json_t *item, bool published)
{
	struct table table = { .columns = 2 };
	char duration[PRINT_DURATION_SIZE];
	struct history_revision revision;
	enum err err;

	err = history_revision(item, &revision);
	if (err != ERR_OK || revision.policy == NULL)
		return ERR_SYNTAX;
	(void)fprintf(out, "\nid %s: %s, max_age %" JSON_INTEGER_FORMAT " (%s)\n", revision.id,
		      revision.mode != NULL ? revision.mode : "damaged", revision.max_age,
		      print_duration(revision.max_age, duration));
	err = put_origin(&table, &revision);
	if (err == ERR_OK)
		err = revision.superseded_at != NULL
			      ? table_putf(&table, "until", "%s", revision.superseded_at)
			      : table_putf(&table, "until", published ? "now" : "the domain was forgotten");
	if (err == ERR_OK)
		err = put_served(&table, &revision);
	if (err == ERR_OK)
		err = put_seen(&table, &revision);
	if (err == ERR_OK) {
		table_print(&table, "  ", out);
		(void)fputc('\n', out);
		print_policy(out, revision.policy);
	}
	table_free(&table);
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
		      published != 0 ? "the last is published"
				     : "forgotten: the domain is not served any more");
	json_array_foreach(revisions, i, item)
	{
		enum err err = print_revision(view->out, item, published != 0);

		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

#define N "%" JSON_INTEGER_FORMAT

#define NUMBER_SIZE  24
#define COMMAND_SIZE 64

/* The daemon tells of so many entries at once. */
#define ENTRIES_MAX 100

static const char *or_none(const char *id)
{
	return id != NULL ? id : "nothing";
}

static void say_command(const struct history_entry *entry, char out[COMMAND_SIZE])
{
	if (entry->undoes > 0)
		(void)snprintf(out, COMMAND_SIZE, "%s " N, entry->command, entry->undoes);
	else
		(void)snprintf(out, COMMAND_SIZE, "%s", entry->command);
}

static enum err say_what(const struct history_entry *entry, struct text *what)
{
	char count[PRINT_COUNT_SIZE];
	struct history_change change;

	if (entry->domains != 1)
		return text_appendf(what, "%s", print_count(entry->domains, "domain", count));
	if (history_change(json_array_get(entry->changes, 0), &change) != ERR_OK)
		return ERR_SYNTAX;
	return text_appendf(what, "%s %s -> %s", change.domain, or_none(change.before),
			    or_none(change.after));
}

static enum err put_entry(struct table *table, json_t *item, json_int_t *number)
{
	char shown[NUMBER_SIZE], command[COMMAND_SIZE];
	struct text what = { 0 };
	struct history_entry entry;
	enum err err;

	err = history_entry(item, &entry);
	if (err != ERR_OK)
		return err;
	err = say_what(&entry, &what);
	if (err == ERR_OK) {
		(void)snprintf(shown, sizeof(shown), N, entry.number);
		say_command(&entry, command);
		err = table_put(table, (const char *const[]){ shown, entry.at, entry.by, command, what.bytes,
							      entry.reason });
	}
	text_free(&what);
	*number = entry.number;
	return err;
}

static enum err print_entries(FILE *out, const json_t *entries)
{
	struct table table = { .columns = 6 };
	json_int_t number = 0, oldest = 0;
	json_t *item;
	enum err err;
	size_t i;

	err = table_put(&table,
			(const char *const[]){ "NUMBER", "TIME", "WHO", "COMMAND", "WHAT", "REASON" });
	json_array_foreach(entries, i, item)
	{
		if (err == ERR_OK)
			err = put_entry(&table, item, &number);
		if (err != ERR_OK)
			break;
		oldest = i == 0 ? number : oldest;
	}
	if (err == ERR_OK && json_array_size(entries) == 0)
		(void)fputs("no entries\n", out);
	else if (err == ERR_OK)
		table_print(&table, "", out);
	if (err == ERR_OK && json_array_size(entries) >= ENTRIES_MAX && oldest > 1)
		(void)fprintf(out, "\nolder ones: mta-stsctl audit --before " N "\n", oldest);
	table_free(&table);
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
	json_t *item;
	enum err err;
	size_t i;

	err = table_put(&table, (const char *const[]){ "DOMAIN", "ID BEFORE", "ID AFTER" });
	json_array_foreach(changes, i, item)
	{
		struct history_change change;

		if (err == ERR_OK)
			err = history_change(item, &change);
		if (err == ERR_OK)
			err = table_put(&table, (const char *const[]){ change.domain, or_none(change.before),
								       or_none(change.after) });
		if (err != ERR_OK)
			break;
	}
	if (err == ERR_OK && json_array_size(changes) > 0) {
		(void)fputc('\n', out);
		table_print(&table, "", out);
	}
	table_free(&table);
	return err;
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
	err = table_putf(&table, "entry", N, entry.number);
	if (err == ERR_OK)
		err = table_putf(&table, "time", "%s", entry.at);
	if (err == ERR_OK)
		err = table_putf(&table, "who", "%s", entry.by);
	if (err == ERR_OK)
		err = table_putf(&table, "command", "%s", command);
	if (err == ERR_OK)
		err = table_putf(&table, "reason", "%s", *entry.reason != '\0' ? entry.reason : "none given");
	if (err == ERR_OK)
		err = table_putf(&table, "changed", "%s", print_count(entry.domains, "domain", count));
	if (err == ERR_OK) {
		table_print(&table, "", out);
		err = print_entry_changes(out, entry.changes);
	}
	if (err == ERR_OK && is_switch(entry.command))
		(void)fprintf(out,
			      "\nmta-stsctl undo " N
			      " takes it back, unless something newer changed its domains\n",
			      entry.number);
	table_free(&table);
	return err;
}

enum err history_print_audit(const struct print_view *view, json_t *reply)
{
	const json_t *entries = json_object_get(reply, "entries");

	if (entries == NULL)
		return print_entry(view->out, reply);
	return json_is_array(entries) ? print_entries(view->out, entries) : ERR_SYNTAX;
}
