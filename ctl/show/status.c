/* SPDX-License-Identifier: ISC */
#include "ctl/show/status.h"

#include "client/reply.h"
#include "ctl/cli/print.h"
#include "ctl/cli/table.h"
#include "ctl/show/advice.h"
#include "ctl/show/certificates.h"

#include <string.h>

#define N "%" JSON_INTEGER_FORMAT

/* Strings in one line and what is to be said of them; total may be more than there are strings. */
static void put_some(struct table *table, const char *label, const json_t *strings, json_int_t total,
		     const char *what)
{
	struct text joined = { 0 };

	table_fail(table, json_is_array(strings) ? reply_join(strings, ", ", &joined) : ERR_SYNTAX);
	if (joined.len > 0)
		table_putf(table, label, "%s%s%s%s", joined.bytes,
			   (size_t)total > json_array_size(strings) ? ", ..." : "", *what != '\0' ? ": " : "",
			   what);
	text_free(&joined);
}

/* Each limit that was met is named by the setting that moves it. */
static void put_limits_met(struct table *table, const struct status *s)
{
	static const char *const settings[STATUS_LIMITS] = {
		[STATUS_LIMIT_CLIENT] = "max_connections_per_client",
		[STATUS_LIMIT_CONNECTIONS] = "max_connections",
		[STATUS_LIMIT_MEMORY] = "max_memory",
		[STATUS_LIMIT_SYSTEM] = "the system's own (see the log; LimitNOFILE)",
	};
	const char *label = "limits met";

	for (int i = 0; i < STATUS_LIMITS; i++) {
		char closed[PRINT_COUNT_SIZE];

		if (s->met[i] == 0)
			continue;
		table_putf(table, label, "%s: %s closed since the start", settings[i],
			   print_count(s->met[i], "connection", closed));
		label = "";
	}
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

static void put_daemon(struct table *table, const struct status *s)
{
	const double mib = 1 << 20;

	table_putf(table, "mta-stsd", "%s, process " N ", since %s", s->version, s->pid, s->started_at);
	table_putf(table, "config", "%s, loaded %s", s->config, s->loaded_at);
	put_some(table, "listen", s->listen, 0, "");
	table_putf(table, "connections", N " of at most " N ", largest client " N " of at most " N, s->open,
		   s->limit, s->largest_client, s->per_client);
	table_putf(table, "memory", "%.1f of at most %.0f MiB for connections", (double)s->memory / mib,
		   (double)s->memory_limit / mib);
	put_limits_met(table, s);
	table_putf(table, "store", "%s", store_words(s->store));
}

static void put_domains(struct table *table, const struct status *s)
{
	table_putf(table, "domains",
		   N ": " N " enforce, " N " testing, " N " none; " N " switched, " N " orphaned, " N
		     " refused",
		   s->total, s->enforce, s->testing, s->none, s->switched, s->orphaned, s->refused);
	put_some(table, "orphaned", s->orphaned_domains, s->orphaned,
		 "no file, the last revision stays in use");
}

static void put_ending(struct table *table, const char *label, const struct status_certificate *certificate)
{
	struct text names = { 0 }, left = { 0 };

	table_fail(table, certificates_say_names(certificate, &names));
	table_fail(table, certificates_say_left(certificate, &left));
	table_putf(table, label, "%s: %s%s (%s)", names.bytes, left.bytes,
		   status_certificate_is(certificate, "urgent") ? ", URGENT" : "", certificate->file);
	text_free(&names);
	text_free(&left);
}

static void put_expiring(struct table *table, const struct status *s)
{
	const char *label = "expiring";
	json_t *item;
	size_t i;

	json_array_foreach(s->expiring, i, item)
	{
		struct status_certificate certificate;

		if (status_certificate(item, &certificate) == ERR_OK)
			put_ending(table, label, &certificate);
		else
			table_fail(table, ERR_SYNTAX);
		label = "";
	}
	if (s->ending > (json_int_t)i)
		table_putf(table, label, "and " N " more: mta-stsctl cert list", s->ending - (json_int_t)i);
}

static void put_certificates(struct table *table, const struct status *s)
{
	char pairs[PRINT_COUNT_SIZE];

	(void)print_count(s->pairs, "pair", pairs);
	if (s->not_after == NULL)
		table_putf(table, "certificates", "%s", pairs);
	else
		table_putf(table, "certificates", "%s, next expiry %s: %s (%s)", pairs, s->not_after,
			   s->expiry_name, s->expiry_file);
	put_expiring(table, s);
	put_some(table, "uncovered", s->uncovered_domains, s->uncovered,
		 "no valid certificate, senders cannot fetch the policy");
}

/* How many are in each state; returns how many there are. */
static json_int_t put_states(struct table *table, const struct status *s)
{
	struct text line = { 0 };
	json_int_t total = 0;

	for (int i = 0; i < STATUS_STATES; i++) {
		if (s->retiring[i] == 0)
			continue;
		table_fail(table, text_appendf(&line, "%s" N " %s", line.len > 0 ? ", " : "", s->retiring[i],
					       status_state_text((enum status_state)i)));
		total += s->retiring[i];
	}
	if (s->unreadable > 0)
		table_putf(table, "unreadable", N ": what is stored of them is damaged", s->unreadable);
	if (total > 0)
		table_putf(table, "retiring", N ": %s", total, line.bytes);
	text_free(&line);
	return total + s->unreadable;
}

static void put_retiring(struct table *table, const struct status *s)
{
	struct status_retiring one;
	json_int_t total;
	json_t *item;
	size_t i;

	if (s->retiring_domains == NULL) {
		table_putf(table, "retiring", "unknown: the state cannot be read");
		return;
	}
	total = put_states(table, s);
	json_array_foreach(s->retiring_domains, i, item)
	{
		if (status_retiring(item, &one) == ERR_OK)
			table_putf(table, "", "%s: %s", one.domain, one.text);
		else
			table_fail(table, ERR_SYNTAX);
	}
	if (total > (json_int_t)i)
		table_putf(table, "", "and " N " more: mta-stsctl list --retiring", total - (json_int_t)i);
}

enum err status_print(const struct print_view *view, json_t *reply)
{
	struct table table = { .columns = 2 };
	struct status status = { 0 };
	enum err err;

	err = status_unpack(reply, &status);
	if (err != ERR_OK)
		return err;
	put_daemon(&table, &status);
	put_domains(&table, &status);
	put_retiring(&table, &status);
	put_certificates(&table, &status);
	err = table_end(&table, "", view->out);
	if (err != ERR_OK)
		return err;
	if (json_array_size(status.complaints) > 0)
		(void)fputs("complaints:\n", view->out);
	err = print_complaints(view->out, status.complaints);
	if (err != ERR_OK)
		return err;
	if (status.lost > 0)
		(void)fprintf(view->out, "  and " N " more, lost for lack of memory\n", status.lost);
	advice_print(view->out, &status);
	return ERR_OK;
}
