/* SPDX-License-Identifier: ISC */
#include "store/foreign.h"

#include "store/sql.h"

#include <stdio.h>

static enum err note(struct sql_connection *sql, const char *domain, const char *id)
{
	sqlite3_stmt *statement = sql_take(sql, SQL_FOREIGN_NOTE);

	if (statement == NULL)
		return ERR_STORE;
	sql_bind_text(statement, 1, domain);
	sql_bind_text(statement, 2, id);
	return sql_finish(sql, statement);
}

enum err foreign_put(struct store_txn *txn, const char *domain, const char *id, time_t now, uint32_t ttl)
{
	struct sql_connection *sql = store_txn_connection(txn);
	enum err err = note(sql, domain, id);
	sqlite3_stmt *statement;

	if (err != ERR_OK)
		return err;
	statement = sql_take(sql, SQL_FOREIGN_PUT);
	if (statement == NULL)
		return ERR_STORE;
	sql_bind_text(statement, 1, domain);
	sql_bind_text(statement, 2, id);
	(void)sqlite3_bind_int64(statement, 3, now);
	(void)sqlite3_bind_int64(statement, 4, ttl);
	return sql_finish(sql, statement);
}

enum err foreign_last(struct store *store, const char *domain, struct foreign *foreign)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take(sql, SQL_FOREIGN_LAST);
	const char *id;
	enum err err;

	*foreign = (struct foreign){ 0 };
	if (statement == NULL)
		return ERR_STORE;
	sql_bind_text(statement, 1, domain);
	err = sql_next(sql, statement);
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	id = (const char *)sqlite3_column_text(statement, 0);
	(void)snprintf(foreign->id, sizeof(foreign->id), "%s", id != NULL ? id : "?");
	foreign->last_at = (time_t)sqlite3_column_int64(statement, 1);
	foreign->ttl = (uint32_t)sqlite3_column_int64(statement, 2);
	(void)sqlite3_reset(statement);
	return ERR_OK;
}

enum err foreign_is_seen(struct store *store, const char *domain, const char *id, bool *seen)
{
	return sql_has(store_connection(store), SQL_FOREIGN_IS_SEEN, domain, id, seen);
}
