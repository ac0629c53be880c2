/* SPDX-License-Identifier: ISC */
#include "ctl/orders/reload.h"

#include "api/shape_order.h"
#include "ctl/cli/print.h"
#include "ctl/orders/changes.h"

static void print_counts(FILE *out, const struct api_reload *reload)
{
	const struct {
		json_int_t count;
		const char *noun;
		const char *after;
	} counts[] = {
		{ reload->files_changed, "domain file", " changed" },
		{ reload->certificates_changed, "certificate", " changed" },
		{ reload->published, "domain", " published anew" },
		{ reload->orphaned, "domain", " orphaned" },
		{ reload->refused, "domain", " refused" },
		{ reload->errors, "error", "" },
		{ reload->warnings, "warning", "" },
	};
	const char *begin = "reloaded: ";
	char count[PRINT_COUNT_SIZE];

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		if (counts[i].count <= 0)
			continue;
		(void)fprintf(out, "%s%s%s", begin, print_count(counts[i].count, counts[i].noun, count),
			      counts[i].after);
		begin = ", ";
	}
	if (reload->published + reload->orphaned + reload->refused + reload->errors + reload->warnings == 0)
		(void)fprintf(out, "%severy policy as before", begin);
	(void)fputc('\n', out);
}

static void print_orphans(FILE *out, const struct api_reload *reload)
{
	json_int_t more = reload->orphaned - (json_int_t)json_array_size(reload->orphaned_domains);
	json_t *item;
	size_t i;

	if (reload->orphaned == 0)
		return;
	(void)fputs("\nNo file configures these domains any more", out);
	if (reload->new_orphans > 0)
		(void)fprintf(out, " (%" JSON_INTEGER_FORMAT " of them since this reload)",
			      reload->new_orphans);
	(void)fputs(":\n", out);
	json_array_foreach(reload->orphaned_domains, i, item)
	{
		print_name(out, "", json_string_value(item));
	}
	print_rest(out, "  ", more, "see mta-stsctl list");
	(void)fputs(
		"Their last revision stays in use. If a file went by mistake, put it back and run mta-stsctl "
		"reload.\n"
		"If it was meant: turn such a domain off (mta-stsctl none DOMAIN), and forget it once "
		"mta-stsctl status says that it may go.\n",
		out);
}

static enum err print_summary(const struct print_view *view, struct summary *summary)
{
	if (summary->count == 0)
		return ERR_OK;
	(void)fputc('\n', view->notes);
	return changes_print_summary(view, summary, 0, 0);
}

static enum err print_changes(const struct print_view *view, const json_t *changes)
{
	struct summary gathered;
	enum err err;

	if (view->rows != NULL && json_array_size(changes) == 0)
		return print_summary(view, view->rows);
	err = changes_gather(view, changes, false, &gathered);
	if (err == ERR_OK)
		err = print_summary(view, &gathered);
	summary_free(&gathered);
	return err;
}

enum err reload_print(const struct print_view *view, json_t *reply)
{
	struct api_reload reload;
	enum err err = shape_read(&shape_reload, reply, &reload);

	if (err != ERR_OK)
		return err;
	print_counts(view->notes, &reload);
	err = print_complaints(view->notes, reload.complaints, "mta-stsctl --json status");
	if (err == ERR_OK)
		print_orphans(view->notes, &reload);
	if (err == ERR_OK)
		err = print_changes(view, reload.changes);
	if (err == ERR_OK && reload.errors > 0)
		(void)fputs(
			"\nFiles that were refused keep what was good before: domains their last revision,\n"
			"certificates the pair loaded before, settings their old values. Correct what is\n"
			"complained about and run mta-stsctl reload again.\n",
			view->notes);
	return err == ERR_OK && reload.errors > 0 ? ERR_REFUSED : err;
}
