/* SPDX-License-Identifier: ISC */
#include "ctl/show/domain.h"

#include "ctl/cli/print.h"
#include "ctl/cli/table.h"
#include "ctl/show/awaiting.h"
#include "ctl/show/dns.h"
#include "ctl/show/list.h"
#include "ctl/show/timeline.h"

#include <string.h>

#define N     "%" JSON_INTEGER_FORMAT
#define NO_MX "(no mx lines)"

/* Who has the same record. */
static void put_sharers(struct table *table, const struct api_row *row, const json_t *shares_with)
{
	json_int_t more = row->record_domains - 1 - (json_int_t)json_array_size(shares_with);
	struct text names = { 0 };

	if (row->record_domains < 2)
		return;
	table_fail(table, print_join(shares_with, ", ", &names));
	if (more > 0)
		table_fail(table, text_appendf(&names, "%s" N " more", names.len > 0 ? " and " : "", more));
	table_putf(table, "", "shared with %s", names.len > 0 ? names.bytes : "others");
	text_free(&names);
}

static void put_published(struct table *table, const struct api_row *row, const struct api_domain *rest)
{
	char duration[PRINT_DURATION_SIZE];
	struct text mx = { 0 };

	table_fail(table, print_join(rest->mx, ", ", &mx));
	table_putf(table, "domain", "%s", row->domain);
	table_putf(table, "mode", "%s", mode_text(row->mode));
	table_putf(table, "max_age", N " (%s)", row->max_age, print_duration(row->max_age, duration));
	table_putf(table, "mx", "%s", mx.len > 0 ? mx.bytes : NO_MX);
	table_putf(table, "published", "%s, id %s", row->published_at, row->id);
	table_putf(table, "TXT record", "%s %d IN TXT \"%s\"", row->txt.name, LIST_TXT_TTL, row->txt.value);
	put_sharers(table, row, rest->shares_with);
	text_free(&mx);
}

static void put_file(struct table *table, const struct api_row *row)
{
	const char *note = row->refused ? " (not used: see mta-stsctl status)" : "";

	if (row->file == NULL)
		table_putf(table, "file", "%s%s", row->orphaned ? "none any more" : "unknown", note);
	else if (row->line > 0)
		table_putf(table, "file", "%s:" N "%s", row->file, row->line, note);
	else
		table_putf(table, "file", "%s%s", row->file, note);
}

/* Of none its max_age is no more than what is published. */
static void put_switch(struct table *table, const struct api_switch *switching)
{
	bool lasts = switching->mode != MODE_NONE && switching->max_age > 0;
	char duration[PRINT_DURATION_SIZE];

	table_putf(table, "switch", "%s%s%s since %s, by %s", mode_text(switching->mode),
		   lasts ? " with a max_age of " : "",
		   lasts ? print_duration(switching->max_age, duration) : "", switching->since,
		   switching->by);
}

static void put_reasons(struct table *table, const struct api_row *row)
{
	table_putf(table, "standing", "%s", row->standing);
	if (row->switching.mode != MODE_UNKNOWN)
		put_switch(table, &row->switching);
	put_file(table, row);
	if (row->certificate)
		table_putf(table, "certificate", "yes");
	else if (row->tls_elsewhere)
		table_putf(table, "certificate",
			   "none here; that of the server in front is not known here: mta-stsctl check %s "
			   "tries it",
			   row->domain);
	else
		table_putf(table, "certificate", "NONE names mta-sts.%s: senders cannot fetch the policy",
			   row->domain);
}

static void put_order(struct table *table, const struct api_certificate_order *order)
{
	struct text line = { 0 };

	if (order->domain == NULL)
		return;
	table_fail(table, awaiting_say(order, &line));
	table_putf(table, "order", "%s", line.bytes);
	text_free(&line);
}

static void put_configured(struct table *table, const struct api_row *row, json_t *published_mx,
			   const struct api_configured *policy)
{
	char duration[PRINT_DURATION_SIZE];
	struct text mx = { 0 };

	if (policy->mode == MODE_UNKNOWN) {
		table_putf(table, "file says",
			   row->refused ? "nothing usable, or it is not loaded: see mta-stsctl status"
					: "nothing");
		return;
	}
	if (policy->mode == row->mode && policy->max_age == row->max_age &&
	    json_equal(policy->mx, published_mx)) {
		table_putf(table, "file says", "what is published");
		return;
	}
	table_fail(table, print_join(policy->mx, ", ", &mx));
	table_putf(table, "file says", "%s, max_age " N " (%s), mx %s", mode_text(policy->mode),
		   policy->max_age, print_duration(policy->max_age, duration), mx.len > 0 ? mx.bytes : NO_MX);
	table_putf(table, "", "DIFFERS from what is published");
	text_free(&mx);
}

static void put_retirement(struct table *table, const struct api_row *row)
{
	if (row->retirement.state != NULL) {
		table_putf(table, "retirement", "%s", row->retirement.text);
		table_putf(table, "next", "%s", row->retirement.next);
	} else if (row->mode == MODE_NONE) {
		table_putf(table, "retirement", "unknown: the state cannot be read");
	}
}

/* The name servers on which somebody should act, each in a line. */
static void put_servers(struct table *table, const struct api_dns *dns)
{
	json_t *item;
	size_t i;

	json_array_foreach(dns->servers, i, item)
	{
		struct text line = { 0 };
		struct api_server server;

		if (shape_read(&shape_server, item, &server) != ERR_OK)
			table_fail(table, ERR_SYNTAX);
		else if (dns_is_finding(&server)) {
			table_fail(table, dns_say_server(&server, &line));
			table_putf(table, "", "%s", line.bytes);
		}
		text_free(&line);
	}
}

/* The last look was for another id, and says nothing of this one. */
static void put_older_look(struct table *table, const char *domain, const struct api_dns *dns)
{
	if (strcmp(dns->verdict, "right") == 0)
		table_putf(table, "DNS",
			   "nobody looked since this id was published (%s was right at every server at "
			   "%s): mta-stsctl dns %s looks",
			   dns->id, dns->at, domain);
	else
		table_putf(
			table, "DNS",
			"nobody looked since this id was published (the look at %s was for %s): mta-stsctl "
			"dns %s looks",
			dns->at, dns->id, domain);
}

static void put_look(struct table *table, const struct api_dns *dns)
{
	struct text line = { 0 };

	table_fail(table, text_appendf(&line, "%s, looked at %s", dns->text, dns->at));
	if (*dns->seen_since != '\0')
		table_fail(table, text_appendf(&line, ", right since %s", dns->seen_since));
	if (dns->ttl > 0)
		table_fail(table, text_appendf(&line, ", TTL " N, dns->ttl));
	table_putf(table, "DNS", "%s", line.bytes);
	if (dns->error != NULL)
		table_putf(table, "", "%s", dns->error);
	put_servers(table, dns);
	text_free(&line);
}

static void put_dns(struct table *table, const struct api_row *row, const struct api_dns *dns)
{
	if (dns->verdict == NULL)
		table_putf(table, "DNS", "nobody looked yet: mta-stsctl dns %s looks", row->domain);
	else if (strcmp(dns->id, row->id) != 0)
		put_older_look(table, row->domain, dns);
	else
		put_look(table, dns);
}

static void put_fetches(struct table *table, const struct api_domain *rest)
{
	bool known = *rest->last_served_at != '\0';
	char count[PRINT_COUNT_SIZE];

	if (!rest->history_readable)
		table_putf(table, "served", "unknown: the history cannot be read, see mta-stsctl status");
	else if (rest->fetches == 0)
		table_putf(table, "served", "never");
	else
		table_putf(table, "served", "%s%s%s", print_count(rest->fetches, "time", count),
			   known ? ", last " : "", rest->last_served_at);
}

static void put_before(struct table *table, const struct api_row *row, const struct api_domain *rest)
{
	if (!rest->unknown_before)
		return;
	table_putf(
		table, "before us",
		"not known: a host before this one may have published a year of enforce, which counts when "
		"the domain is turned off");
	table_putf(table, "",
		   "if one did: mta-stsctl adopt %s; if none did: mta-stsctl adopt --nothing-before %s",
		   row->domain, row->domain);
}

enum err domain_print(const struct print_view *view, json_t *reply)
{
	struct table table = { .columns = 2 };
	struct timeline timeline = { .utf8 = view->utf8 };
	struct api_row row;
	struct api_domain rest;
	enum err err;

	if (shape_read(&shape_row, reply, &row) != ERR_OK ||
	    shape_read(&shape_domain, reply, &rest) != ERR_OK)
		return ERR_SYNTAX;
	put_published(&table, &row, &rest);
	put_dns(&table, &row, &rest.dns);
	put_fetches(&table, &rest);
	put_before(&table, &row, &rest);
	put_reasons(&table, &row);
	put_order(&table, &rest.certificate_order);
	if (rest.files_held)
		table_putf(&table, "files",
			   "not loaded, since too many domains have lost theirs: see mta-stsctl status");
	put_configured(&table, &row, rest.mx, &rest.configured);
	put_retirement(&table, &row);
	err = table_end(&table, "", view->out);
	if (err == ERR_OK && rest.history_readable) {
		(void)fputs("\nRevisions (times in UTC):\n\n", view->out);
		timeline.revisions = rest.revisions;
		timeline.total = rest.revisions_total;
		timeline.retirement = &row.retirement;
		err = timeline_print(&timeline, view->out);
	}
	if (err == ERR_OK) {
		(void)fputs("\nServed now:\n\n", view->out);
		print_policy(view->out, rest.policy);
	}
	return err;
}
