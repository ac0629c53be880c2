/* SPDX-License-Identifier: ISC */
#include "ctl/orders/forget.h"

#include "client/reply.h"
#include "ctl/cli/print.h"
#include "ctl/cli/table.h"

#include <string.h>

/* One domain that is, or would be, forgotten. */
struct forgotten {
	const char *domain;
	const char *mode;
	const char *id;
	const char *state;   /* NULL: was not being retired */
	const char *safe_at; /* NULL: not known */
	bool forced;
	struct reply_txt txt;
};

static enum err unpack(json_t *reply, struct forgotten *forgotten)
{
	struct forgotten got = { 0 };
	json_t *state, *safe_at, *txt;
	int forced;

	if (json_unpack(reply, "{s:s, s:s, s:s, s:o, s:o, s:b, s:o}", "domain", &got.domain, "mode",
			&got.mode, "id", &got.id, "state", &state, "safe_at", &safe_at, "forced", &forced,
			"txt", &txt) != 0 ||
	    reply_string(state, &got.state) != ERR_OK || reply_string(safe_at, &got.safe_at) != ERR_OK ||
	    reply_txt(txt, &got.txt) != ERR_OK)
		return ERR_SYNTAX;
	got.forced = forced != 0;
	*forgotten = got;
	return ERR_OK;
}

static enum err show_state(json_t *value, struct text *cell)
{
	return text_appendf(cell, "%s", json_is_string(value) ? json_string_value(value) : "-");
}

/* Checks the row for all. */
static enum err show_note(json_t *value, struct text *cell)
{
	struct forgotten forgotten;

	if (unpack(value, &forgotten) != ERR_OK)
		return ERR_SYNTAX;
	if (!forgotten.forced)
		return ERR_OK;
	if (strcmp(forgotten.mode, "none") != 0)
		return text_appendf(cell, "FORCED: still in %s: senders %s it until their copy runs out",
				    forgotten.mode,
				    strcmp(forgotten.mode, "enforce") == 0 ? "enforce" : "report on");
	if (forgotten.safe_at != NULL)
		return text_appendf(cell, "FORCED: senders may hold an older policy until %s",
				    forgotten.safe_at);
	return text_appendf(cell, "FORCED: senders may hold a policy, nobody knows until when");
}

static const struct table_column columns[] = {
	{ "DOMAIN", "domain", NULL },     { "MODE", "mode", NULL }, { "ID", "id", NULL },
	{ "STATE", "state", show_state }, { "", NULL, show_note },
};

static enum err print_table(FILE *out, const json_t *domains)
{
	struct table table = { .columns = 5 };
	bool any = json_array_size(domains) > 0;
	enum err err;

	table_fill(&table, columns, domains);
	err = table_end(&table, "", any ? out : NULL);
	if (err == ERR_OK && !any)
		(void)fputs("no domain is being retired: nothing to forget\n", out);
	return err;
}

static enum err print_names(FILE *out, const char *title, const json_t *domains, bool records)
{
	json_t *item;
	size_t i;

	(void)fputs(title, out);
	json_array_foreach(domains, i, item)
	{
		struct forgotten forgotten;

		if (unpack(item, &forgotten) != ERR_OK)
			return ERR_SYNTAX;
		if (records)
			print_name(out, "   ", forgotten.txt.name);
		else
			print_name(out, "   mta-sts.", forgotten.domain);
	}
	return ERR_OK;
}

static enum err print_work(FILE *out, const json_t *domains, bool dry_run)
{
	enum err err;

	(void)fputs(dry_run ? "\nTo be removed then, in this order:\n"
			    : "\nThese domains are no longer served. Remove now, in this order:\n",
		    out);
	err = print_names(out, "  1. the TXT records, if they are still there\n", domains, true);
	if (err == ERR_OK)
		err = print_names(out,
				  "  2. the address records of the policy hosts, and their certificates\n",
				  domains, false);
	if (err == ERR_OK && !dry_run)
		(void)fputs("mta-stsctl history DOMAIN still tells what was published.\n", out);
	return err;
}

enum err forget_print(const struct print_view *view, json_t *reply)
{
	json_t *domains = NULL;
	json_int_t forced;
	char count[PRINT_COUNT_SIZE];
	int dry_run;
	enum err err;

	if (json_unpack(reply, "{s:b, s:I, s:o}", "dry_run", &dry_run, "forced", &forced, "domains",
			&domains) != 0 ||
	    !json_is_array(domains))
		return ERR_SYNTAX;
	if (dry_run != 0 && !view->preview)
		(void)fputs("dry run: nothing was changed\n\n", view->notes);
	err = print_table(view->notes, domains);
	if (err != ERR_OK || json_array_size(domains) == 0)
		return err;
	if (forced > 0)
		(void)fprintf(
			view->notes,
			"\n%s before the time: senders that hold the old policy find nobody, and continue\n"
			"enforcing it until it expires.\n",
			print_count(forced, "domain", count));
	return view->preview ? ERR_OK : print_work(view->notes, domains, dry_run != 0);
}
