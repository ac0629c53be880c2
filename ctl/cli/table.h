/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_TABLE_H
#define CTL_CLI_TABLE_H

/**
 * Rows of cells, printed with each column as wide as its widest cell.
 *
 * Cells are kept as they came and escaped when they are printed.
 *
 * Threads: any, one object a thread.
 */

#include "base/err.h"
#include "base/text.h"

#include <stdio.h>

#define TABLE_COLUMNS_MAX 7

/** Zero-initialise and set columns, 1 .. TABLE_COLUMNS_MAX. */
struct table {
	size_t columns;
	struct text cells; /**< one behind the other, each with its NUL */
	size_t width[TABLE_COLUMNS_MAX];
};

/**
 * Append a row.
 *
 * @param cell  one string a column; "" leaves it empty
 * @return ERR_OK, ERR_NO_MEMORY (print no more than what an error message needs: the last row may be a part)
 */
enum err table_put(struct table *table, const char *const cell[]);

/**
 * Append a row of two cells, a label and a text made printf-style.
 *
 * @return as above
 */
enum err table_putf(struct table *table, const char *label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Print every row behind an indent, two blanks between the columns and none at the end of a line. */
void table_print(const struct table *table, const char *indent, FILE *out);

/** Free the rows and leave an empty table of as many columns. */
void table_free(struct table *table);

#endif
