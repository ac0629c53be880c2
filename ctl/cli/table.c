/* SPDX-License-Identifier: ISC */
#include "ctl/cli/table.h"

#include "ctl/cli/print.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2

void table_fail(struct table *table, enum err err)
{
	/* Who has no memory cannot tell what else is wrong. */
	if (table->err == ERR_OK || err == ERR_NO_MEMORY)
		table->err = err;
}

static void put_cell(struct table *table, size_t column, const char *cell)
{
	size_t width = print_width(cell);

	table_fail(table, text_append(&table->cells, cell, strlen(cell) + 1));
	if (width > table->width[column])
		table->width[column] = width;
}

void table_put(struct table *table, const char *const cell[])
{
	assert(table->columns > 0 && table->columns <= TABLE_COLUMNS_MAX);
	for (size_t i = 0; i < table->columns && table->err == ERR_OK; i++)
		put_cell(table, i, cell[i]);
}

void table_putf(struct table *table, const char *label, const char *format, ...)
{
	char *value = NULL;
	va_list args;
	int len;

	if (table->err != ERR_OK)
		return;
	va_start(args, format);
	len = vasprintf(&value, format, args);
	va_end(args);
	if (len < 0) {
		table->err = ERR_NO_MEMORY;
		return;
	}
	table_put(table, (const char *const[]){ label, value });
	free(value);
}

static enum err show(const struct table_column *column, const json_t *item, const void *row,
		     struct text *cell)
{
	const json_t *value;

	if (column->field == NULL)
		return column->show(row, cell);
	value = json_object_get(item, column->field);
	if (json_is_integer(value))
		return text_appendf(cell, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return text_appendf(cell, "%s", json_string_value(value));
}

void table_titles(struct table *table, const struct table_column column[])
{
	for (size_t i = 0; i < table->columns && table->err == ERR_OK; i++)
		put_cell(table, i, column[i].title);
}

void table_row(struct table *table, const struct table_column column[], const json_t *item, const void *row)
{
	for (size_t i = 0; i < table->columns && table->err == ERR_OK; i++) {
		struct text cell = { 0 };

		table->err = show(&column[i], item, row, &cell);
		if (table->err == ERR_OK)
			put_cell(table, i, cell.bytes != NULL ? cell.bytes : "");
		text_free(&cell);
	}
}

void table_fill(struct table *table, const struct table_column column[], const struct shape *shape,
		const json_t *rows, void *row)
{
	json_t *item;
	size_t i;

	assert(table->columns <= TABLE_COLUMNS_MAX);
	table_titles(table, column);
	json_array_foreach(rows, i, item)
	{
		table_fail(table, shape_read(shape, item, row));
		table_row(table, column, item, row);
	}
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

enum err table_flush(struct table *table, const char *indent, FILE *out)
{
	const char *cell = table->cells.bytes;

	while (table->err == ERR_OK && cell != NULL && cell < table->cells.bytes + table->cells.len) {
		(void)fputs(indent, out);
		cell = print_row(table, cell, out);
	}
	table->cells.len = 0;
	return table->err;
}

enum err table_end(struct table *table, const char *indent, FILE *out)
{
	enum err err = out != NULL ? table_flush(table, indent, out) : table->err;

	text_free(&table->cells);
	*table = (struct table){ .columns = table->columns };
	return err;
}
