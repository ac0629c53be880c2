/* SPDX-License-Identifier: ISC */
#include "ctl/orders/forget.h"

#include "api/shape_order.h"
#include "ctl/cli/print.h"
#include "ctl/cli/table.h"
#include "policy/record.h"

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

/* A record that is at another name has a CNAME that leads there, and may serve others still. */
static void print_record(FILE *out, const struct api_forgotten *forgotten, json_t *printed)
{
	const char *name = forgotten->txt.name;
	char own[OWNER_SIZE];
	bool is_own = strncmp(record_owner(forgotten->domain, own), name, strlen(name) - 1) == 0;
	bool first = json_object_get(printed, name) == NULL;
	char count[PRINT_COUNT_SIZE];

	if (!is_own) {
		print_name(out, "   the CNAME at ", own);
	} else if (forgotten->others > 0) {
		print_text(out, "   not ");
		print_text(out, name);
		(void)fprintf(out, ", which serves %s\n",
			      print_count(forgotten->others, "other domain", count));
	}
	if (forgotten->others <= 0 && first)
		print_name(out, "   ", name);
	(void)json_object_set_new(printed, name, json_true());
}

static enum err print_names(FILE *out, const char *title, const json_t *domains, bool records)
{
	json_t *printed = json_object();
	struct api_forgotten forgotten;
	enum err err = ERR_OK;

	(void)fputs(title, out);
	for (size_t i = 0; err == ERR_OK && i < json_array_size(domains); i++) {
		err = shape_read(&shape_forgotten, json_array_get(domains, i), &forgotten);
		if (err == ERR_OK && records)
			print_record(out, &forgotten, printed);
		else if (err == ERR_OK)
			print_name(out, "   mta-sts.", forgotten.domain);
	}
	json_decref(printed);
	return err;
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
