/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_TABLE_H
#define CTL_CLI_TABLE_H

/**
 * Rows of cells, printed with each column as wide as its widest cell.
 *
 * Cells are kept as they came and escaped when they are printed.  A table remembers the first error and takes
 * nothing more from then on: what fills it need not look, table_end() tells.
 *
 * Threads: any, one object a thread.
 */

#include "api/shape.h"
#include "base/text.h"

#include <stdio.h>

#define TABLE_COLUMNS_MAX 7

/** Zero-initialise and set columns, 1 .. TABLE_COLUMNS_MAX. */
struct table {
	size_t columns;
	struct text cells; /**< one behind the other, each with its NUL */
	size_t width[TABLE_COLUMNS_MAX];
	enum err err;
};

/** One column of a view of JSON objects: a member of each that is a string or an integer, or what is made of
 * it. */
struct table_column {
	const char *title;
	const char *field; /**< the member; NULL: show */
	/** Append to an empty cell what is to be shown of a struct: ERR_OK, ERR_NO_MEMORY. */
	enum err (*show)(const void *row, struct text *cell);
};

/** Append a row, one string a column; "" leaves it empty. */
void table_put(struct table *table, const char *const cell[]);

/** Append a row of two cells, a label and a text made printf-style. */
void table_putf(struct table *table, const char *label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * Append the titles and a row for each member of an array; a member that is not of the shape is ERR_SYNTAX.
 *
 * @param column  as many as the table has
 * @param row  room for a struct of the shape
 */
void table_fill(struct table *table, const struct table_column column[], const struct shape *shape,
		const json_t *rows, void *row);

/** Append the titles of columns. */
void table_titles(struct table *table, const struct table_column column[]);

/** Append the row of one object, of which row is what its shape has made. */
void table_row(struct table *table, const struct table_column column[], const json_t *item, const void *row);

/**
 * Print every row that was not printed yet, as table_end() does, and go on with a table without rows: those
 * that come find each column as wide as it has been so far.
 *
 * @return the error, or ERR_OK
 */
enum err table_flush(struct table *table, const char *indent, FILE *out);

/** Let the table end in an error; ERR_OK is none, of several the first counts, and ERR_NO_MEMORY before all.
 */
void table_fail(struct table *table, enum err err);

/**
 * Print every row behind an indent, two blanks between the columns and none at the end of a line; but nothing
 * after an error.  Then free the rows, and leave an empty table of as many columns.
 *
 * @param out  NULL: only free them
 * @return the error, or ERR_OK
 */
enum err table_end(struct table *table, const char *indent, FILE *out);

#endif
