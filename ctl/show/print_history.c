/* SPDX-License-Identifier: ISC */
#include "ctl/show/print_history.h"

#include "ctl/cli/escape.h"
#include "ctl/cli/past.h"
#include "ctl/cli/table.h"

#include <string.h>

static enum err put_origin(struct table *table, const struct past_revision *revision)
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

static enum err put_served(struct table *table, const struct past_revision *revision)
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

static enum err put_seen(struct table *table, const struct past_revision *revision)
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
	struct past_revision revision;
	enum err err;

	err = past_revision(item, &revision);
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

enum err print_history(const struct print_view *view, json_t *reply)
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
	escape_print(view->out, domain, strlen(domain));
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
