/* SPDX-License-Identifier: ISC */
#include "ctl/orders/forget.h"

#include "api/shape_order.h"
#include "ctl/cli/print.h"
#include "ctl/cli/table.h"

#include <string.h>

static enum err show_state(const void *row, struct text *cell)
{
	const char *state = ((const struct api_forgotten *)row)->state;

	return text_appendf(cell, "%s", state != NULL ? state : "-");
}

static enum err show_note(const void *row, struct text *cell)
{
	const struct api_forgotten *forgotten = row;

	if (!forgotten->forced)
		return ERR_OK;
	if (forgotten->mode != MODE_NONE)
		return text_appendf(cell, "FORCED: still in %s: senders %s it until their copy runs out",
				    mode_text(forgotten->mode),
				    forgotten->mode == MODE_ENFORCE ? "enforce" : "report on");
	if (*forgotten->safe_at != '\0')
		return text_appendf(cell, "FORCED: senders may hold an older policy until %s",
				    forgotten->safe_at);
	return text_appendf(cell, "FORCED: senders may hold a policy, nobody knows until when");
}

static const struct table_column columns[] = {
	{ "DOMAIN", "domain", NULL },  { "MODE", "mode", NULL }, { "ID", "id", NULL },
	{ "STATE", NULL, show_state }, { "", NULL, show_note },
};

static enum err print_table(FILE *out, const json_t *domains)
{
	struct table table = { .columns = 5 };
	bool any = json_array_size(domains) > 0;
	struct api_forgotten forgotten;
	enum err err;

	table_fill(&table, columns, &shape_forgotten, domains, &forgotten);
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
		struct api_forgotten forgotten;

		if (shape_read(&shape_forgotten, item, &forgotten) != ERR_OK)
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
	struct api_forget forget;
	char count[PRINT_COUNT_SIZE];
	enum err err = shape_read(&shape_forget, reply, &forget);

	if (err != ERR_OK)
		return err;
	if (forget.dry_run && !view->preview)
		(void)fputs("dry run: nothing was changed\n\n", view->notes);
	err = print_table(view->notes, forget.domains);
	if (err != ERR_OK || json_array_size(forget.domains) == 0)
		return err;
	if (forget.forced > 0)
		(void)fprintf(
			view->notes,
			"\n%s before the time: senders that hold the old policy find nobody, and continue\n"
			"enforcing it until it expires.\n",
			print_count(forget.forced, "domain", count));
	return view->preview ? ERR_OK : print_work(view->notes, forget.domains, forget.dry_run);
}
