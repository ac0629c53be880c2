/* SPDX-License-Identifier: ISC */
#include "ctl/show/status.h"

#include "ctl/cli/print.h"
#include "ctl/cli/table.h"
#include "ctl/show/awaiting.h"
#include "ctl/show/certificates.h"

#include <string.h>

#define N "%" JSON_INTEGER_FORMAT

/* Strings in one line and what is to be said of them; total may be more than there are strings. */
static void put_some(struct table *table, const char *label, const json_t *strings, json_int_t total,
		     const char *what)
{
	struct text joined = { 0 };

	table_fail(table, print_join(strings, ", ", &joined));
	if (joined.len > 0)
		table_putf(table, label, "%s%s%s%s", joined.bytes,
			   (size_t)total > json_array_size(strings) ? ", ..." : "", *what != '\0' ? ": " : "",
			   what);
	text_free(&joined);
}

/* What was refused because of a limit, and what made room for others. */
static json_int_t count_met(const json_t *counters, const char *limit)
{
	return json_integer_value(json_object_get(json_object_get(counters, "https_refusals_total"), limit)) +
	       json_integer_value(json_object_get(json_object_get(counters, "https_evictions_total"), limit));
}

/* Each limit that was met is named by the setting that moves it. */
static void put_limits_met(struct table *table, const json_t *counters)
{
	static const struct {
		const char *limit;
		const char *setting;
	} limits[] = {
		{ "client", "max_connections_per_client" },
		{ "connections", "max_connections" },
		{ "memory", "max_memory" },
		{ "system", "the system's own (see the log; LimitNOFILE)" },
	};
	const char *label = "limits met";

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		json_int_t met = count_met(counters, limits[i].limit);
		char closed[PRINT_COUNT_SIZE];

		if (met == 0)
			continue;
		table_putf(table, label, "%s: %s closed since the start", limits[i].setting,
			   print_count(met, "connection", closed));
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
		{ "full", "FULL: THE NEXT ORDER MAY NOT BE WRITTEN" },
		{ "read-only", "READ-ONLY: NOTHING CAN BE WRITTEN" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(rows[i].condition, condition) == 0)
			return rows[i].words;
	}
	return condition;
}

/* When a load that was not done was done. */
#define NEVER "1970-01-01T00:00:00Z"

static void put_daemon(struct table *table, const struct api_status *s)
{
	const struct api_connections *use = &s->connections;
	const double mib = 1 << 20;
	bool never = strcmp(s->loaded_at, NEVER) == 0;

	table_putf(table, "mta-stsd", "%s, process " N ", since %s", s->version, s->pid, s->started_at);
	table_putf(table, "config", "%s, %s%s", s->config, never ? "NOT LOADED SINCE THE START" : "loaded ",
		   never ? "" : s->loaded_at);
	put_some(table, "listen", s->listen, 0, "");
	table_putf(table, "connections", N " of at most " N ", largest client " N " of at most " N, use->open,
		   use->limit, use->largest_client, use->per_client_limit);
	table_putf(table, "memory", "%.1f of at most %.0f MiB for connections",
		   (double)use->memory_bytes / mib, (double)use->memory_limit_bytes / mib);
	put_limits_met(table, s->counters);
	table_putf(table, "store", "%s", store_words(s->store));
}

static void put_domains(struct table *table, const struct api_status *s)
{
	const struct api_totals *all = &s->domains;

	table_putf(table, "domains",
		   N ": " N " enforce, " N " testing, " N " none; " N " switched, " N " orphaned, " N
		     " refused",
		   all->total, all->enforce, all->testing, all->none, all->switched, all->orphaned,
		   all->refused);
	put_some(table, "orphaned", s->orphaned_domains, all->orphaned,
		 "no file, the last revision stays in use");
}

static void put_ending(struct table *table, const char *label, const struct api_certificate *certificate)
{
	struct text names = { 0 }, left = { 0 };

	table_fail(table, certificates_say_names(certificate, &names));
	table_fail(table, certificates_say_left(certificate, &left));
	table_putf(table, label, "%s: %s%s (%s)", names.bytes, left.bytes,
		   certificates_is(certificate, "urgent") ? ", URGENT" : "", certificate->file);
	text_free(&names);
	text_free(&left);
}

static void put_expiring(struct table *table, const struct api_covering *all)
{
	json_int_t ending = all->stages.soon + all->stages.urgent + all->stages.expired;
	const char *label = "expiring";
	json_t *item;
	size_t i;

	json_array_foreach(all->expiring, i, item)
	{
		struct api_certificate certificate;

		if (shape_read(&shape_certificate, item, &certificate) == ERR_OK)
			put_ending(table, label, &certificate);
		else
			table_fail(table, ERR_SYNTAX);
		label = "";
	}
	if (ending > (json_int_t)i)
		table_putf(table, label, "and " N " more: mta-stsctl cert list", ending - (json_int_t)i);
}

static void put_certificates(struct table *table, const struct api_covering *all)
{
	const struct api_expiry *next = &all->next_expiry;
	char pairs[PRINT_COUNT_SIZE];

	(void)print_count(all->pairs, "pair", pairs);
	if (next->file == NULL)
		table_putf(table, "certificates", "%s", pairs);
	else
		table_putf(table, "certificates", "%s, next expiry %s: %s (%s)", pairs, next->not_after,
			   next->name, next->file);
	put_expiring(table, all);
	if (all->tls_elsewhere)
		table_putf(table, "",
			   "HTTP is served without TLS, too: mta-stsctl check tries the server in front");
	put_some(table, "uncovered", all->uncovered_domains, all->uncovered,
		 "no valid certificate, senders cannot fetch the policy");
	awaiting_put(table, all);
}

/* How many are in each state; returns how many there are. */
static json_int_t put_states(struct table *table, const struct api_retiring *retiring)
{
	const struct {
		json_int_t count;
		const char *state;
	} states[] = {
		{ retiring->publishing, "publishing" },
		{ retiring->waiting, "waiting" },
		{ retiring->draining, "draining" },
		{ retiring->confirming, "confirming" },
		{ retiring->safe, "safe" },
	};
	struct text line = { 0 };
	json_int_t total = 0;

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		if (states[i].count == 0)
			continue;
		table_fail(table, text_appendf(&line, "%s" N " %s", line.len > 0 ? ", " : "", states[i].count,
					       states[i].state));
		total += states[i].count;
	}
	if (retiring->unreadable > 0)
		table_putf(table, "unreadable", N ": what is stored of them is damaged",
			   retiring->unreadable);
	if (total > 0)
		table_putf(table, "retiring", N ": %s", total, line.bytes);
	text_free(&line);
	return retiring->unreadable > 0 ? total + retiring->unreadable : total;
}

static void put_retiring(struct table *table, const struct api_retiring *retiring)
{
	struct api_retiring_domain one;
	json_int_t total;
	json_t *item;
	size_t i;

	if (retiring->domains == NULL) {
		table_putf(table, "retiring", "unknown: the state cannot be read");
		return;
	}
	total = put_states(table, retiring);
	json_array_foreach(retiring->domains, i, item)
	{
		if (shape_read(&shape_retiring_domain, item, &one) == ERR_OK)
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
	struct api_status status;
	enum err err = shape_read(&shape_status, reply, &status);

	if (err != ERR_OK)
		return err;
	put_daemon(&table, &status);
	put_domains(&table, &status);
	put_retiring(&table, &status.retiring);
	put_certificates(&table, &status.certificates);
	err = table_end(&table, "", view->out);
	if (err != ERR_OK)
		return err;
	if (json_array_size(status.complaints) > 0)
		(void)fputs("complaints:\n", view->out);
	err = print_complaints(view->out, status.complaints, "mta-stsctl --json status");
	if (err != ERR_OK)
		return err;
	if (status.complaints_lost > 0)
		(void)fprintf(view->out, "  and " N " more, lost for lack of memory\n",
			      status.complaints_lost);
	status_advise(view->out, &status);
	return ERR_OK;
}
