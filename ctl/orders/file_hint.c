/* SPDX-License-Identifier: ISC */
#include "ctl/orders/file_hint.h"

#include "ctl/cli/print.h"

#include <stdlib.h>
#include <string.h>

static bool differs(const struct api_change *change)
{
	return change->switched && change->configured.mode != MODE_UNKNOWN &&
	       change->configured.mode != change->after.mode;
}

enum err file_hint_take(struct file_hint *hint, const struct api_change *change)
{
	const struct api_configured *configured = &change->configured;

	if (!differs(change) || hint->count++ > 0)
		return ERR_OK;
	hint->domain = strdup(change->domain);
	hint->file = configured->file != NULL ? strdup(configured->file) : NULL;
	hint->line = configured->line;
	hint->says = configured->mode;
	hint->after = change->after.mode;
	return hint->domain != NULL && (hint->file != NULL) == (configured->file != NULL) ? ERR_OK
											  : ERR_NO_MEMORY;
}

static void print_place(FILE *out, const struct file_hint *hint)
{
	(void)fprintf(out, "%s (", mode_text(hint->says));
	print_text(out, hint->file);
	if (hint->line > 0)
		(void)fprintf(out, ":%" JSON_INTEGER_FORMAT, hint->line);
	(void)fputc(')', out);
}

void file_hint_print(FILE *out, const struct file_hint *hint)
{
	char others[PRINT_COUNT_SIZE];

	if (hint->count == 0)
		return;
	(void)fputs("\nThe file of ", out);
	print_text(out, hint->domain);
	(void)fputs(" says ", out);
	print_place(out, hint);
	if (hint->count > 1)
		(void)fprintf(out, ", and those of %s say something else as well",
			      print_count(hint->count - 1, "other domain", others));
	(void)fprintf(
		out,
		".\nThis order holds all the same, until mta-stsctl reset.  To make them agree, write mode "
		"%s\nthere and run mta-stsctl reload, or go back to the file: mta-stsctl reset ",
		mode_text(hint->after));
	print_text(out, hint->count > 1 ? "DOMAIN..." : hint->domain);
	(void)fputc('\n', out);
}

void file_hint_free(struct file_hint *hint)
{
	free(hint->domain);
	free(hint->file);
	*hint = (struct file_hint){ 0 };
}
