/* SPDX-License-Identifier: ISC */
#include "ctl/print_status.h"

#include "ctl/escape.h"
#include "ctl/reply.h"
#include "ctl/table.h"

#include <string.h>

#define N "%" JSON_INTEGER_FORMAT

struct status {
	const char *version, *started_at, *loaded_at, *config, *store;
	json_int_t pid;
	json_t *listen;
	json_int_t total, enforce, testing, none, switched, orphaned, refused;
	json_t *orphaned_domains;
	json_int_t pairs, uncovered;
	json_t *uncovered_domains;
	const char *expiry_name, *expiry_file, *not_after; /* NULL without a certificate */
	json_int_t open, limit, per_client;
	json_t *complaints;
	json_int_t lost;
};

static enum err unpack_expiry(json_t *expiry, struct status *status)
{
	if (json_is_null(expiry))
		return ERR_OK;
	return json_unpack(expiry, "{s:s, s:s, s:s}", "name", &status->expiry_name, "file",
			   &status->expiry_file, "not_after", &status->not_after) == 0
		       ? ERR_OK
		       : ERR_SYNTAX;
}

static enum err unpack(json_t *reply, struct status *status)
{
	struct status got = { 0 };
	json_t *domains, *certificates, *expiry, *connections;

	if (json_unpack(reply, "{s:s, s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:I}", "version",
			&got.version, "pid", &got.pid, "started_at", &got.started_at, "loaded_at",
			&got.loaded_at, "config", &got.config, "listen", &got.listen, "domains", &domains,
			"orphaned_domains", &got.orphaned_domains, "certificates", &certificates,
			"connections", &connections, "store", &got.store, "complaints", &got.complaints,
			"complaints_lost", &got.lost) != 0)
		return ERR_SYNTAX;
	if (json_unpack(domains, "{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "total", &got.total, "enforce",
			&got.enforce, "testing", &got.testing, "none", &got.none, "switched", &got.switched,
			"orphaned", &got.orphaned, "refused", &got.refused) != 0)
		return ERR_SYNTAX;
	if (json_unpack(certificates, "{s:I, s:I, s:o, s:o}", "pairs", &got.pairs, "uncovered",
			&got.uncovered, "uncovered_domains", &got.uncovered_domains, "next_expiry",
			&expiry) != 0)
		return ERR_SYNTAX;
	if (json_unpack(connections, "{s:I, s:I, s:I}", "open", &got.open, "limit", &got.limit,
			"per_client_limit", &got.per_client) != 0)
		return ERR_SYNTAX;
	if (unpack_expiry(expiry, &got) != ERR_OK)
		return ERR_SYNTAX;
	*status = got;
	return ERR_OK;
}

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

static enum err put_daemon(struct table *table, const struct status *s)
{
	enum err err = table_putf(table, "mta-stsd", "%s, process " N ", since %s", s->version, s->pid,
				  s->started_at);

	if (err == ERR_OK)
		err = table_putf(table, "config", "%s, loaded %s", s->config, s->loaded_at);
	if (err == ERR_OK)
		err = put_some(table, "listen", s->listen, 0, "");
	if (err == ERR_OK)
		err = table_putf(table, "connections", N " of " N ", " N " from one client", s->open,
				 s->limit, s->per_client);
	if (err == ERR_OK)
		err = table_putf(table, "store", "%s",
				 strcmp(s->store, "ok") == 0 ? "ok" : "DOUBTFUL: MEMORY AND DISK MAY DIFFER");
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
		err = put_some(table, "uncovered", s->uncovered_domains, s->uncovered,
			       "no certificate, senders cannot fetch the policy");
	return err;
}

static bool store_is_doubtful(const struct status *s)
{
	return strcmp(s->store, "ok") != 0;
}

static bool has_errors(const struct status *s)
{
	json_t *complaint;
	size_t i;

	json_array_foreach(s->complaints, i, complaint)
	{
		const char *severity = json_string_value(json_object_get(complaint, "severity"));

		if (severity != NULL && strcmp(severity, "error") == 0)
			return true;
	}
	return s->refused > 0;
}

static bool has_no_domains(const struct status *s)
{
	return s->total == 0;
}

static bool has_uncovered(const struct status *s)
{
	return s->uncovered > 0 && json_array_size(s->uncovered_domains) > 0;
}

static bool has_orphans(const struct status *s)
{
	return s->orphaned > 0;
}

static bool has_complaints(const struct status *s)
{
	return json_array_size(s->complaints) > 0;
}

static const char *config(const struct status *s)
{
	return s->config;
}

static const char *first_uncovered(const struct status *s)
{
	return json_string_value(json_array_get(s->uncovered_domains, 0));
}

/* The most urgent first; only the first that applies is said. */
static const struct {
	bool (*applies)(const struct status *status);
	const char *before;
	const char *(*subject)(const struct status *status);
	const char *after;
} advice[] = {
	{ store_is_doubtful,
	  "look at the disk and the log, then restart the daemon: it reads again what is on the disk", NULL,
	  "" },
	{ has_errors, "correct the files complained about, then run: mta-stsctl reload", NULL, "" },
	{ has_orphans,
	  "put the files of the orphaned domains back, then run: mta-stsctl reload\n"
	  "or retire such a domain: mta-stsctl none DOMAIN",
	  NULL, "" },
	{ has_uncovered, "get a certificate for mta-sts.", first_uncovered,
	  ", put it below a directory of \"certificates\", then run: mta-stsctl reload" },
	{ has_no_domains,
	  "write a file such as example.org.conf with\n"
	  "  mode = \"testing\"; max_age = 604800; mx = [ \"mail.example.org\" ];\n"
	  "into the directory that \"domains\" names in ",
	  config, ", then run: mta-stsctl reload" },
	{ has_complaints, "correct what is complained about, then run: mta-stsctl reload", NULL, "" },
};

static void print_advice(FILE *out, const struct status *s)
{
	for (size_t i = 0; i < sizeof(advice) / sizeof(*advice); i++) {
		if (!advice[i].applies(s))
			continue;
		(void)fprintf(out, "next: %s", advice[i].before);
		if (advice[i].subject != NULL)
			escape_print(out, advice[i].subject(s), strlen(advice[i].subject(s)));
		(void)fprintf(out, "%s\n", advice[i].after);
		return;
	}
}

enum err print_status(const struct print_view *view, json_t *reply)
{
	struct table table = { .columns = 2 };
	struct status status;
	enum err err;

	err = unpack(reply, &status);
	if (err == ERR_OK)
		err = put_daemon(&table, &status);
	if (err == ERR_OK)
		err = put_domains(&table, &status);
	if (err == ERR_OK)
		err = put_certificates(&table, &status);
	if (err != ERR_OK)
		goto out;
	table_print(&table, "", view->out);
	if (has_complaints(&status))
		(void)fputs("complaints:\n", view->out);
	err = print_complaints(view->out, status.complaints);
	if (err != ERR_OK)
		goto out;
	if (status.lost > 0)
		(void)fprintf(view->out, "  and " N " more, lost for want of memory\n", status.lost);
	print_advice(view->out, &status);
out:
	table_free(&table);
	return err;
}
