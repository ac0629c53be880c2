/* SPDX-License-Identifier: ISC */
#include "store/history.h"

#include "store/sql.h"

static void read_row(sqlite3_stmt *statement, struct history_row *row)
{
	*row = (struct history_row){
		.number = sqlite3_column_int64(statement, 0),
		.id = sql_text(statement, 1),
		.text = sql_text(statement, 2),
		.len = (size_t)sqlite3_column_bytes(statement, 2),
		.published_at = (time_t)sqlite3_column_int64(statement, 3),
		.superseded_at = (time_t)sqlite3_column_int64(statement, 4),
		.first_served_at = (time_t)sqlite3_column_int64(statement, 5),
		.last_served_at = (time_t)sqlite3_column_int64(statement, 6),
		.fetches = sqlite3_column_int64(statement, 7),
		.seen_at = (time_t)sqlite3_column_int64(statement, 8),
		.ttl = (uint32_t)sqlite3_column_int64(statement, 9),
		.audit = sqlite3_column_int64(statement, 10),
		.command = (const char *)sqlite3_column_text(statement, 11),
		.who = (const char *)sqlite3_column_text(statement, 12),
		.reason = (const char *)sqlite3_column_text(statement, 13),
		.sound = sqlite3_column_int(statement, 14) != 0,
	};
}

enum err history_each(struct store *store, const char *domain,
		      enum err (*each)(void *context, const struct history_row *row), void *context)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take(sql, SQL_HISTORY_EACH);
	enum err err;

	if (statement == NULL)
		return ERR_STORE;
	sql_bind_text(statement, 1, domain);
	while ((err = sql_next(sql, statement)) == ERR_OK) {
		struct history_row row;

		read_row(statement, &row);
		err = row.id != NULL && row.text != NULL ? each(context, &row) : ERR_NO_MEMORY;
		if (err != ERR_OK) {
			(void)sqlite3_reset(statement);
			return err;
		}
	}
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}
