/* SPDX-License-Identifier: ISC */
#include "ctl/cli/table.h"

#include "ctl/cli/print.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2

enum err table_put(struct table *table, const char *const cell[])
{
	assert(table->columns > 0 && table->columns <= TABLE_COLUMNS_MAX);
	for (size_t i = 0; i < table->columns; i++) {
		size_t width = print_width(cell[i]);
		enum err err = text_append(&table->cells, cell[i], strlen(cell[i]) + 1);

		if (err != ERR_OK)
			return err;
		if (width > table->width[i])
			table->width[i] = width;
	}
	return ERR_OK;
}

enum err table_putf(struct table *table, const char *label, const char *format, ...)
{
	char *value = NULL;
	enum err err = ERR_NO_MEMORY;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&value, format, args);
	va_end(args);
	if (len < 0)
		return ERR_NO_MEMORY;
	err = table_put(table, (const char *const[]){ label, value });
	free(value);
	return err;
}

/* Blanks owed are paid when a further cell comes, so that none stand at the end of a line. */
static const char *print_row(const struct table *table, const char *cell, FILE *out)
{
	size_t owed = 0;

	for (size_t i = 0; i < table->columns; i++) {
		size_t len = strlen(cell);

		if (len > 0) {
			(void)fprintf(out, "%*s", (int)owed, "");
			print_escaped(out, cell, len);
			owed = 0;
		}
		owed += table->width[i] + GAP - print_width(cell);
		cell += len + 1;
	}
	(void)fputc('\n', out);
	return cell;
}

void table_print(const struct table *table, const char *indent, FILE *out)
{
	const char *cell = table->cells.bytes;

	while (cell != NULL && cell < table->cells.bytes + table->cells.len) {
		(void)fputs(indent, out);
		cell = print_row(table, cell, out);
	}
}

void table_free(struct table *table)
{
	text_free(&table->cells);
	memset(table->width, 0, sizeof(table->width));
}
