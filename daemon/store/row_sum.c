/* SPDX-License-Identifier: ISC */
#include "store/row_sum_private.h"

#include "base/text.h"

#include <endian.h>
#include <string.h>

static uint64_t add_number(uint64_t sum, int64_t number)
{
	return text_sum(sum, &(uint64_t){ htole64((uint64_t)number) }, sizeof(uint64_t));
}

static uint64_t add_value(uint64_t sum, sqlite3_value *value)
{
	int type = sqlite3_value_type(value);
	const void *bytes;

	sum = add_number(sum, type);
	if (type == SQLITE_NULL)
		return sum;
	if (type == SQLITE_INTEGER)
		return add_number(sum, sqlite3_value_int64(value));
	bytes = sqlite3_value_text(value);
	sum = add_number(sum, sqlite3_value_bytes(value));
	return bytes != NULL ? text_sum(sum, bytes, (size_t)sqlite3_value_bytes(value)) : sum;
}

uint64_t row_sum_text(uint64_t sum, const char *text)
{
	size_t len = strlen(text);

	return text_sum(add_number(add_number(sum, SQLITE_TEXT), (int64_t)len), text, len);
}

uint64_t row_sum_column(uint64_t sum, sqlite3_stmt *statement, int column)
{
	int type = sqlite3_column_type(statement, column);
	const void *bytes;

	sum = add_number(sum, type);
	if (type == SQLITE_NULL)
		return sum;
	if (type == SQLITE_INTEGER)
		return add_number(sum, sqlite3_column_int64(statement, column));
	bytes = sqlite3_column_text(statement, column);
	sum = add_number(sum, sqlite3_column_bytes(statement, column));
	return bytes != NULL ? text_sum(sum, bytes, (size_t)sqlite3_column_bytes(statement, column)) : sum;
}

static void row_sum(sqlite3_context *context, int count, sqlite3_value **values)
{
	uint64_t sum = TEXT_SUM_EMPTY;

	for (int i = 0; i < count; i++)
		sum = add_value(sum, values[i]);
	sqlite3_result_int64(context, (sqlite3_int64)sum);
}

enum err row_sum_register(sqlite3 *db)
{
	int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;

	return sqlite3_create_function_v2(db, "row_sum", -1, flags, NULL, row_sum, NULL, NULL, NULL) ==
			       SQLITE_OK
		       ? ERR_OK
		       : ERR_STORE;
}
