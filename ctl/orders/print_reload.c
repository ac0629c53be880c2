/* SPDX-License-Identifier: ISC */
#include "ctl/orders/print_reload.h"

#include "ctl/orders/print_changes.h"

/* The reply of "reload". */
struct reload {
	json_int_t published, orphaned, new_orphans, refused, errors, warnings;
	json_t *orphaned_domains; /* the first few */
	json_t *changes, *complaints;
};

static enum err unpack_reload(json_t *reply, struct reload *reload)
{
	struct reload got = { 0 };

	if (json_unpack(reply, "{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "published", &got.published,
			"orphaned", &got.orphaned, "new_orphans", &got.new_orphans, "refused", &got.refused,
			"errors", &got.errors, "warnings", &got.warnings, "orphaned_domains",
			&got.orphaned_domains, "changes", &got.changes, "complaints", &got.complaints) != 0 ||
	    !json_is_array(got.orphaned_domains) || !json_is_array(got.changes))
		return ERR_SYNTAX;
	*reload = got;
	return ERR_OK;
}

static void print_counts(FILE *out, const struct reload *reload)
{
	const struct {
		json_int_t count;
		const char *noun;
		const char *after;
	} counts[] = {
		{ reload->published, "domain", " published anew" },
		{ reload->orphaned, "domain", " orphaned" },
		{ reload->refused, "domain", " refused" },
		{ reload->errors, "error", "" },
		{ reload->warnings, "warning", "" },
	};
	const char *begin = "reloaded: ";
	char count[PRINT_COUNT_SIZE];

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		if (counts[i].count == 0)
			continue;
		(void)fprintf(out, "%s%s%s", begin, print_count(counts[i].count, counts[i].noun, count),
			      counts[i].after);
		begin = ", ";
	}
	(void)fputs(*begin == ',' ? "\n" : "reloaded: every policy as before\n", out);
}

static enum err print_orphans(FILE *out, const struct reload *reload)
{
	json_int_t more = reload->orphaned - (json_int_t)json_array_size(reload->orphaned_domains);
	json_t *item;
	size_t i;

	if (reload->orphaned == 0)
		return ERR_OK;
	(void)fputs("\nNo file configures these domains any more", out);
	if (reload->new_orphans > 0)
		(void)fprintf(out, " (%" JSON_INTEGER_FORMAT " of them since this reload)",
			      reload->new_orphans);
	(void)fputs(":\n", out);
	json_array_foreach(reload->orphaned_domains, i, item)
	{
		if (!json_is_string(item))
			return ERR_SYNTAX;
		print_name(out, "", json_string_value(item));
	}
	if (more > 0)
		(void)fprintf(out, "  and %" JSON_INTEGER_FORMAT " more: see mta-stsctl list\n", more);
	(void)fputs("Their last revision goes on. If a file went by mistake, put it back and run mta-stsctl "
		    "reload.\n"
		    "If it was meant: mta-stsctl status says when a domain may go, then: mta-stsctl forget "
		    "DOMAIN.\n",
		    out);
	return ERR_OK;
}

enum err print_reload(const struct print_view *view, json_t *reply)
{
	struct reload reload;
	enum err err = unpack_reload(reply, &reload);

	if (err != ERR_OK)
		return err;
	print_counts(view->notes, &reload);
	err = print_complaints(view->notes, reload.complaints);
	if (err == ERR_OK)
		err = print_orphans(view->notes, &reload);
	if (err == ERR_OK && json_array_size(reload.changes) > 0) {
		(void)fputc('\n', view->notes);
		err = print_changes_with(view, reload.changes, false, 0);
	}
	if (err == ERR_OK && reload.errors > 0)
		(void)fputs(
			"\nFiles that were refused keep what was good before: domains their last revision,\n"
			"certificates the pair loaded before, settings their old values. Correct what is\n"
			"complained about and run mta-stsctl reload again.\n",
			view->notes);
	return err == ERR_OK && reload.errors > 0 ? ERR_REFUSED : err;
}
