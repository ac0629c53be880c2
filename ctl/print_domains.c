/* SPDX-License-Identifier: ISC */
#include "ctl/print_domains.h"

#include "ctl/escape.h"
#include "ctl/print_txt.h"
#include "ctl/reply.h"
#include "ctl/table.h"

#include <string.h>

#define NUMBER_SIZE 24
#define NO_MX       "(no mx lines)"

static const char *reason_of(const struct reply_row *row)
{
	static const char *const reasons[2][3] = {
		{ "", "no file configures it any more", "its file has errors: see status" },
		{ "by order: reset goes back to the file", "by order; no file to go back to",
		  "by order; its file has errors: see status" },
	};

	return reasons[row->switch_mode != NULL][row->refused ? 2 : row->orphaned ? 1 : 0];
}

static enum err put_row(struct table *table, json_t *domain)
{
	char max_age[NUMBER_SIZE];
	char note[TEXT_SHOWN_SIZE];
	struct reply_row row;
	const char *reason;

	if (reply_row(domain, &row) != ERR_OK)
		return ERR_SYNTAX;
	reason = reason_of(&row);
	(void)snprintf(max_age, sizeof(max_age), "%" JSON_INTEGER_FORMAT, row.max_age);
	(void)snprintf(note, sizeof(note), "%s%s%s", reason, *reason != '\0' && !row.certificate ? "; " : "",
		       row.certificate ? "" : "no certificate");
	return table_put(table,
			 (const char *const[]){ row.domain, row.mode, max_age, row.id, row.standing, note });
}

static void print_emptiness(FILE *out, const char *match)
{
	if (match == NULL) {
		(void)fputs("no domains yet: write a file such as example.org.conf into the directory that\n"
			    "\"domains\" names in mta-stsd.conf, then run: mta-stsctl reload\n",
			    out);
		return;
	}
	(void)fputs("no domain matches '", out);
	escape_print(out, match, strlen(match));
	(void)fputs("'\n", out);
}

enum err print_domains_list(const struct print_view *view, json_t *reply)
{
	struct table table = { .columns = 6 };
	json_t *domains = NULL;
	json_t *domain;
	enum err err;
	size_t i;

	err = reply_array(reply, "domains", &domains);
	if (err == ERR_OK)
		err = table_put(&table, (const char *const[]){ "DOMAIN", "MODE", "MAX_AGE", "ID", "STANDING",
							       "NOTE" });
	if (err != ERR_OK)
		goto out;
	json_array_foreach(domains, i, domain)
	{
		err = put_row(&table, domain);
		if (err != ERR_OK)
			goto out;
	}
	if (i > 0)
		table_print(&table, "", view->out);
	else
		print_emptiness(view->out, view->match);
out:
	table_free(&table);
	return err;
}

static enum err put_published(struct table *table, const struct reply_row *row, const char *mx)
{
	char duration[PRINT_DURATION_SIZE];
	enum err err = table_putf(table, "domain", "%s", row->domain);

	if (err == ERR_OK)
		err = table_putf(table, "mode", "%s", row->mode);
	if (err == ERR_OK)
		err = table_putf(table, "max_age", "%" JSON_INTEGER_FORMAT " (%s)", row->max_age,
				 print_duration(row->max_age, duration));
	if (err == ERR_OK)
		err = table_putf(table, "mx", "%s", *mx != '\0' ? mx : NO_MX);
	if (err == ERR_OK)
		err = table_putf(table, "published", "%s, id %s", row->published_at, row->id);
	if (err == ERR_OK)
		err = table_putf(table, "TXT record", "%s %d IN TXT \"%s\"", row->txt.name, PRINT_TXT_TTL,
				 row->txt.value);
	return err;
}

static enum err put_file(struct table *table, const struct reply_row *row)
{
	const char *note = row->refused ? " (has errors: see mta-stsctl status)" : "";

	if (row->file == NULL)
		return table_putf(table, "file", "%s%s", row->orphaned ? "none any more" : "unknown", note);
	if (row->line > 0)
		return table_putf(table, "file", "%s:%" JSON_INTEGER_FORMAT "%s", row->file, row->line, note);
	return table_putf(table, "file", "%s%s", row->file, note);
}

static enum err put_reasons(struct table *table, const struct reply_row *row)
{
	enum err err = table_putf(table, "standing", "%s", row->standing);

	if (err == ERR_OK && row->switch_mode != NULL)
		err = table_putf(table, "switch", "%s since %s, by %s", row->switch_mode, row->switch_since,
				 row->switch_by);
	if (err == ERR_OK)
		err = put_file(table, row);
	if (err == ERR_OK)
		err = row->certificate ? table_putf(table, "certificate", "yes")
				       : table_putf(table, "certificate",
						    "NONE names mta-sts.%s: senders cannot fetch the policy",
						    row->domain);
	return err;
}

static enum err put_configured(struct table *table, const struct reply_row *row, json_t *published_mx,
			       const struct reply_policy *policy)
{
	char duration[PRINT_DURATION_SIZE];
	struct text mx = { 0 };
	enum err err;

	if (policy->mode == NULL)
		return table_putf(table, "configured", "nothing");
	if (strcmp(policy->mode, row->mode) == 0 && policy->max_age == row->max_age &&
	    json_equal(policy->mx, published_mx))
		return table_putf(table, "configured", "what is published");
	err = reply_join(policy->mx, ", ", &mx);
	if (err == ERR_OK)
		err = table_putf(table, "configured", "%s, max_age %" JSON_INTEGER_FORMAT " (%s), mx %s",
				 policy->mode, policy->max_age, print_duration(policy->max_age, duration),
				 mx.len > 0 ? mx.bytes : NO_MX);
	if (err == ERR_OK)
		err = table_putf(table, "", "DIFFERS from what is published");
	text_free(&mx);
	return err;
}

/* How long a domain that is off has to stay in place. */
static enum err put_wait(struct table *table, const struct reply_row *row, const json_t *wait)
{
	char duration[PRINT_DURATION_SIZE];

	if (json_is_null(wait))
		return table_putf(table, "keep",
				  "everything, for a time that is unknown: the state cannot be read");
	if (json_integer_value(wait) <= 0 || strcmp(row->mode, "none") != 0)
		return ERR_OK;
	return table_putf(table, "keep",
			  "record, policy host and certificate, for at least %s after the record is visible "
			  "everywhere",
			  print_duration(json_integer_value(wait), duration));
}

static void print_policy(FILE *out, const char *policy)
{
	(void)fputs("\nServed now:\n\n", out);
	while (*policy != '\0') {
		size_t len = strcspn(policy, "\r\n");

		(void)fputs("    ", out);
		escape_print(out, policy, len);
		(void)fputc('\n', out);
		policy += len;
		policy += strncmp(policy, "\r\n", 2) == 0 ? 2 : *policy != '\0';
	}
}

enum err print_domains_show(const struct print_view *view, json_t *reply)
{
	const char *policy = json_string_value(json_object_get(reply, "policy"));
	const json_t *wait = json_object_get(reply, "wait");
	struct table table = { .columns = 2 };
	struct reply_policy configured;
	struct text mx = { 0 };
	struct reply_row row;
	json_t *patterns;
	enum err err;

	if (policy == NULL || !(json_is_integer(wait) || json_is_null(wait)) ||
	    reply_row(reply, &row) != ERR_OK || reply_array(reply, "mx", &patterns) != ERR_OK ||
	    reply_policy(json_object_get(reply, "configured"), &configured) != ERR_OK)
		return ERR_SYNTAX;
	err = reply_join(patterns, ", ", &mx);
	if (err == ERR_OK)
		err = put_published(&table, &row, mx.len > 0 ? mx.bytes : "");
	if (err == ERR_OK)
		err = put_reasons(&table, &row);
	if (err == ERR_OK)
		err = put_configured(&table, &row, patterns, &configured);
	if (err == ERR_OK)
		err = put_wait(&table, &row, wait);
	if (err == ERR_OK) {
		table_print(&table, "", view->out);
		print_policy(view->out, policy);
	}
	table_free(&table);
	text_free(&mx);
	return err;
}
