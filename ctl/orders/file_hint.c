/* SPDX-License-Identifier: ISC */
#include "ctl/orders/file_hint.h"

#include "api/shape_order.h"
#include "ctl/cli/print.h"

static bool differs(const struct api_change *change)
{
	return change->switched && change->configured.mode != MODE_UNKNOWN &&
	       change->configured.mode != change->after.mode;
}

static void print_place(FILE *out, const struct api_configured *place)
{
	(void)fprintf(out, "%s (", mode_text(place->mode));
	print_text(out, place->file);
	if (place->line > 0)
		(void)fprintf(out, ":%" JSON_INTEGER_FORMAT, place->line);
	(void)fputc(')', out);
}

static void print(FILE *out, const struct api_change *first, json_int_t count)
{
	char others[PRINT_COUNT_SIZE];

	(void)fputs("\nThe file of ", out);
	print_text(out, first->domain);
	(void)fputs(" says ", out);
	print_place(out, &first->configured);
	if (count > 1)
		(void)fprintf(out, ", and those of %s say something else as well",
			      print_count(count - 1, "other domain", others));
	(void)fprintf(
		out,
		".\nThis order holds all the same, until mta-stsctl reset.  To make them agree, write mode "
		"%s\nthere and run mta-stsctl reload, or go back to the file: mta-stsctl reset ",
		mode_text(first->after.mode));
	print_text(out, count > 1 ? "DOMAIN..." : first->domain);
	(void)fputc('\n', out);
}

enum err file_hint_print(FILE *out, const json_t *changes)
{
	struct api_change change, first = { 0 };
	json_int_t count = 0;
	json_t *item;
	size_t i;

	json_array_foreach(changes, i, item)
	{
		if (shape_read(&shape_change, item, &change) != ERR_OK)
			return ERR_SYNTAX;
		if (differs(&change) && count++ == 0)
			first = change;
	}
	if (count > 0)
		print(out, &first, count);
	return ERR_OK;
}
