/* SPDX-License-Identifier: ISC */
#include "ctl/show/status.h"

#include "client/reply.h"
#include "client/status.h"
#include "ctl/cli/print.h"
#include "ctl/cli/table.h"
#include "ctl/show/advice.h"
#include "ctl/show/certificates.h"

#include <string.h>

#define N "%" JSON_INTEGER_FORMAT

/* Strings in one line and what is to be said of them; total may be more than there are strings. */
static enum err put_some(struct table *table, const char *label, const json_t *strings, json_int_t total,
			 const char *what)
{
	struct text joined = { 0 };
	enum err err;

	if (!json_is_array(strings))
		return ERR_SYNTAX;
	err = reply_join(strings, ", ", &joined);
	if (err == ERR_OK && joined.len > 0)
		err = table_putf(table, label, "%s%s%s%s", joined.bytes,
				 (size_t)total > json_array_size(strings) ? ", ..." : "",
				 *what != '\0' ? ": " : "", what);
	text_free(&joined);
	return err;
}

/* Each limit that was met is named by the setting that moves it. */
static enum err put_limits_met(struct table *table, const struct status *s)
{
	static const char *const settings[STATUS_LIMITS] = {
		[STATUS_LIMIT_CLIENT] = "max_connections_per_client",
		[STATUS_LIMIT_CONNECTIONS] = "max_connections",
		[STATUS_LIMIT_MEMORY] = "max_memory",
		[STATUS_LIMIT_SYSTEM] = "the system's own (see the log; LimitNOFILE)",
	};
	const char *label = "limits met";
	enum err err = ERR_OK;

	for (int i = 0; i < STATUS_LIMITS && err == ERR_OK; i++) {
		char closed[PRINT_COUNT_SIZE];

		if (s->met[i] == 0)
			continue;
		err = table_putf(table, label, "%s: %s closed since the start", settings[i],
				 print_count(s->met[i], "connection", closed));
		label = "";
	}
	return err;
}

static enum err put_connections(struct table *table, const struct status *s)
{
	const double mib = 1 << 20;
	enum err err =
		table_putf(table, "connections", N " of at most " N ", largest client " N " of at most " N,
			   s->open, s->limit, s->largest_client, s->per_client);

	if (err == ERR_OK)
		err = table_putf(table, "memory", "%.1f of at most %.0f MiB for connections",
				 (double)s->memory / mib, (double)s->memory_limit / mib);
	return err == ERR_OK ? put_limits_met(table, s) : err;
}

static const char *store_words(const char *condition)
{
	static const struct {
		const char *condition;
		const char *words;
	} rows[] = {
		{ "doubtful", "DOUBTFUL: MEMORY AND DISK MAY DIFFER, NOTHING IS WRITTEN" },
		{ "damaged", "DAMAGED: WHAT CAN BE PROVEN IS SERVED, NOTHING IS WRITTEN" },
		{ "read-only", "READ-ONLY: NOTHING CAN BE WRITTEN" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(rows[i].condition, condition) == 0)
			return rows[i].words;
	}
	return condition;
}

static enum err put_daemon(struct table *table, const struct status *s)
{
	enum err err = table_putf(table, "mta-stsd", "%s, process " N ", since %s", s->version, s->pid,
				  s->started_at);

	if (err == ERR_OK)
		err = table_putf(table, "config", "%s, loaded %s", s->config, s->loaded_at);
	if (err == ERR_OK)
		err = put_some(table, "listen", s->listen, 0, "");
	if (err == ERR_OK)
		err = put_connections(table, s);
	if (err == ERR_OK)
		err = table_putf(table, "store", "%s", store_words(s->store));
	return err;
}

static enum err put_domains(struct table *table, const struct status *s)
{
	enum err err = table_putf(
		table, "domains",
		N ": " N " enforce, " N " testing, " N " none; " N " switched, " N " orphaned, " N " refused",
		s->total, s->enforce, s->testing, s->none, s->switched, s->orphaned, s->refused);

	if (err == ERR_OK)
		err = put_some(table, "orphaned", s->orphaned_domains, s->orphaned,
			       "no file, the last revision goes on");
	return err;
}

static enum err put_ending(struct table *table, const char *label, const struct certificate *certificate)
{
	struct text line = { 0 };
	enum err err = certificates_say_names(certificate, &line);

	if (err == ERR_OK)
		err = text_append(&line, ": ", 2);
	if (err == ERR_OK)
		err = certificates_say_left(certificate, &line);
	if (err == ERR_OK)
		err = table_putf(table, label, "%s%s (%s)", line.bytes,
				 certificate_is(certificate, "urgent") ? ", URGENT" : "", certificate->file);
	text_free(&line);
	return err;
}

static enum err put_expiring(struct table *table, const struct status *s)
{
	const char *label = "expiring";
	enum err err = ERR_OK;
	json_t *item;
	size_t i;

	json_array_foreach(s->expiring, i, item)
	{
		struct certificate certificate;

		if (err == ERR_OK)
			err = certificate_read(item, &certificate);
		if (err == ERR_OK)
			err = put_ending(table, label, &certificate);
		label = "";
	}
	if (err == ERR_OK && s->ending > (json_int_t)i)
		err = table_putf(table, label, "and " N " more: mta-stsctl cert list",
				 s->ending - (json_int_t)i);
	return err;
}

static enum err put_certificates(struct table *table, const struct status *s)
{
	char pairs[PRINT_COUNT_SIZE];
	enum err err;

	(void)print_count(s->pairs, "pair", pairs);
	if (s->not_after == NULL)
		err = table_putf(table, "certificates", "%s", pairs);
	else
		err = table_putf(table, "certificates", "%s, next expiry %s: %s (%s)", pairs, s->not_after,
				 s->expiry_name, s->expiry_file);
	if (err == ERR_OK)
		err = put_expiring(table, s);
	if (err == ERR_OK)
		err = put_some(table, "uncovered", s->uncovered_domains, s->uncovered,
			       "no valid certificate, senders cannot fetch the policy");
	return err;
}

static enum err put_states(struct table *table, const struct status *s, json_int_t *total)
{
	struct text line = { 0 };
	enum err err = ERR_OK;

	for (int i = 0; i < STATUS_STATES && err == ERR_OK; i++) {
		if (s->retiring[i] == 0)
			continue;
		err = text_appendf(&line, "%s" N " %s", line.len > 0 ? ", " : "", s->retiring[i],
				   status_state_text((enum status_state)i));
		*total += s->retiring[i];
	}
	if (err == ERR_OK && s->unreadable > 0)
		err = table_putf(table, "unreadable", N ": what is stored of them is damaged", s->unreadable);
	if (err == ERR_OK && *total > 0)
		err = table_putf(table, "retiring", N ": %s", *total, line.bytes);
	text_free(&line);
	return err;
}

static enum err put_retiring(struct table *table, const struct status *s)
{
	struct status_retiring one;
	json_int_t total = 0;
	json_t *item;
	enum err err;
	size_t i;

	if (s->retiring_domains == NULL)
		return table_putf(table, "retiring", "unknown: the state cannot be read");
	err = put_states(table, s, &total);
	json_array_foreach(s->retiring_domains, i, item)
	{
		if (err == ERR_OK)
			err = status_retiring(item, &one);
		if (err == ERR_OK)
			err = table_putf(table, "", "%s: %s", one.domain, one.text);
	}
	if (err == ERR_OK && total + s->unreadable > (json_int_t)i)
		err = table_putf(table, "", "and " N " more: mta-stsctl list --retiring",
				 total + s->unreadable - (json_int_t)i);
	return err;
}

enum err status_print(const struct print_view *view, json_t *reply)
{
	struct table table = { .columns = 2 };
	struct status status = { 0 };
	enum err err;

	err = status_unpack(reply, &status);
	if (err == ERR_OK)
		err = put_daemon(&table, &status);
	if (err == ERR_OK)
		err = put_domains(&table, &status);
	if (err == ERR_OK)
		err = put_retiring(&table, &status);
	if (err == ERR_OK)
		err = put_certificates(&table, &status);
	if (err != ERR_OK)
		goto out;
	table_print(&table, "", view->out);
	if (json_array_size(status.complaints) > 0)
		(void)fputs("complaints:\n", view->out);
	err = print_complaints(view->out, status.complaints);
	if (err != ERR_OK)
		goto out;
	if (status.lost > 0)
		(void)fprintf(view->out, "  and " N " more, lost for want of memory\n", status.lost);
	advice_print(view->out, &status);
out:
	table_free(&table);
	return err;
}
