/* SPDX-License-Identifier: ISC */
#include "ctl/show/domain.h"

#include "client/reply.h"
#include "ctl/cli/print.h"
#include "ctl/cli/table.h"
#include "ctl/show/list.h"
#include "ctl/show/timeline.h"

#include <string.h>

#define NO_MX "(no mx lines)"

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
		err = table_putf(table, "TXT record", "%s %d IN TXT \"%s\"", row->txt.name, LIST_TXT_TTL,
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
		return table_putf(table, "file says", row->refused ? "nothing usable" : "nothing");
	if (strcmp(policy->mode, row->mode) == 0 && policy->max_age == row->max_age &&
	    json_equal(policy->mx, published_mx))
		return table_putf(table, "file says", "what is published");
	err = reply_join(policy->mx, ", ", &mx);
	if (err == ERR_OK)
		err = table_putf(table, "file says", "%s, max_age %" JSON_INTEGER_FORMAT " (%s), mx %s",
				 policy->mode, policy->max_age, print_duration(policy->max_age, duration),
				 mx.len > 0 ? mx.bytes : NO_MX);
	if (err == ERR_OK)
		err = table_putf(table, "", "DIFFERS from what is published");
	text_free(&mx);
	return err;
}

static enum err put_retirement(struct table *table, const struct reply_row *row)
{
	enum err err;

	if (row->retirement.state == NULL)
		return strcmp(row->mode, "none") == 0
			       ? table_putf(table, "retirement", "unknown: the state cannot be read")
			       : ERR_OK;
	err = table_putf(table, "retirement", "%s", row->retirement.text);
	return err == ERR_OK ? table_putf(table, "next", "%s", row->retirement.next) : err;
}

static enum err put_server(struct table *table, const struct reply_dns *dns,
			   const struct reply_server *server)
{
	struct text line = { 0 };
	enum err err = reply_say_server(dns, server, &line);

	if (err == ERR_OK)
		err = table_putf(table, "", "%s", line.bytes);
	text_free(&line);
	return err;
}

/* The name servers that are not right, each in a line. */
static enum err put_servers(struct table *table, const struct reply_dns *dns)
{
	json_t *item;
	size_t i;

	json_array_foreach(dns->servers, i, item)
	{
		struct reply_server server;
		enum err err = reply_server(item, &server);

		if (err == ERR_OK && strcmp(server.verdict, "right") != 0)
			err = put_server(table, dns, &server);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

/* The last look was for another id, and says nothing of this one. */
static enum err put_older_look(struct table *table, const char *domain, const struct reply_dns *dns)
{
	if (strcmp(dns->verdict, "right") == 0)
		return table_putf(
			table, "DNS",
			"nobody looked since this id was published (%s was right at every server at "
			"%s): mta-stsctl dns %s looks",
			dns->id, dns->at, domain);
	return table_putf(table, "DNS",
			  "nobody looked since this id was published (the look at %s was for %s): mta-stsctl "
			  "dns %s looks",
			  dns->at, dns->id, domain);
}

static enum err put_dns(struct table *table, const struct reply_row *row, const struct reply_dns *dns)
{
	struct text line = { 0 };
	enum err err;

	if (dns->verdict == NULL)
		return table_putf(table, "DNS", "nobody looked yet: mta-stsctl dns %s looks", row->domain);
	if (strcmp(dns->id, row->id) != 0)
		return put_older_look(table, row->domain, dns);
	err = text_appendf(&line, "%s, looked at %s", dns->text, dns->at);
	if (err == ERR_OK && dns->seen_since != NULL)
		err = text_appendf(&line, ", right since %s", dns->seen_since);
	if (err == ERR_OK && dns->ttl >= 0)
		err = text_appendf(&line, ", TTL %" JSON_INTEGER_FORMAT, dns->ttl);
	if (err == ERR_OK)
		err = table_putf(table, "DNS", "%s", line.bytes);
	if (err == ERR_OK && dns->error != NULL)
		err = table_putf(table, "", "%s", dns->error);
	if (err == ERR_OK)
		err = put_servers(table, dns);
	text_free(&line);
	return err;
}

/* What the reply to "show" has beyond a row. */
struct show {
	const char *policy;
	json_t *mx;
	struct reply_policy configured;
	struct reply_dns dns;
	bool unreadable; /* the rest is not known */
	json_int_t fetches;
	const char *last_served_at; /* NULL: never */
	json_t *revisions;
	json_int_t revisions_total;
};

static enum err unpack_show(json_t *reply, struct show *show)
{
	struct show got = { 0 };
	json_t *configured, *dns, *last;

	if (json_unpack(reply, "{s:s, s:o, s:o, s:o, s:I, s:o, s:o, s:I}", "policy", &got.policy, "mx",
			&got.mx, "configured", &configured, "dns", &dns, "fetches", &got.fetches,
			"last_served_at", &last, "revisions", &got.revisions, "revisions_total",
			&got.revisions_total) != 0 ||
	    !json_is_array(got.mx) || !json_is_array(got.revisions) ||
	    reply_policy(configured, &got.configured) != ERR_OK || reply_dns(dns, &got.dns) != ERR_OK ||
	    reply_string(last, &got.last_served_at) != ERR_OK)
		return ERR_SYNTAX;
	got.unreadable = json_is_false(json_object_get(reply, "history_readable"));
	*show = got;
	return ERR_OK;
}

static enum err put_fetches(struct table *table, const struct show *show)
{
	char count[PRINT_COUNT_SIZE];

	if (show->unreadable)
		return table_putf(table, "served",
				  "unknown: the history cannot be read, see mta-stsctl status");
	if (show->fetches == 0)
		return table_putf(table, "served", "never");
	return table_putf(table, "served", "%s%s%s", print_count(show->fetches, "time", count),
			  show->last_served_at != NULL ? ", last " : "",
			  show->last_served_at != NULL ? show->last_served_at : "");
}

static enum err put_all(struct table *table, const struct reply_row *row, const struct show *show)
{
	struct text mx = { 0 };
	enum err err = reply_join(show->mx, ", ", &mx);

	if (err == ERR_OK)
		err = put_published(table, row, mx.len > 0 ? mx.bytes : "");
	if (err == ERR_OK)
		err = put_dns(table, row, &show->dns);
	if (err == ERR_OK)
		err = put_fetches(table, show);
	if (err == ERR_OK)
		err = put_reasons(table, row);
	if (err == ERR_OK)
		err = put_configured(table, row, show->mx, &show->configured);
	if (err == ERR_OK)
		err = put_retirement(table, row);
	text_free(&mx);
	return err;
}

enum err domain_print(const struct print_view *view, json_t *reply)
{
	struct table table = { .columns = 2 };
	struct timeline timeline = { .utf8 = view->utf8 };
	struct reply_row row = { 0 };
	struct show show = { 0 };
	enum err err;

	if (reply_row(reply, &row) != ERR_OK || unpack_show(reply, &show) != ERR_OK)
		return ERR_SYNTAX;
	err = put_all(&table, &row, &show);
	if (err == ERR_OK) {
		table_print(&table, "", view->out);
	}
	if (err == ERR_OK && !show.unreadable) {
		(void)fputs("\nRevisions (times in UTC):\n\n", view->out);
		timeline.revisions = show.revisions;
		timeline.total = show.revisions_total;
		timeline.retirement = &row.retirement;
		err = timeline_print(&timeline, view->out);
	}
	if (err == ERR_OK) {
		(void)fputs("\nServed now:\n\n", view->out);
		print_policy(view->out, show.policy);
	}
	table_free(&table);
	return err;
}
