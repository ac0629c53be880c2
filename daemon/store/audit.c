/* SPDX-License-Identifier: ISC */
#include "store/audit.h"

#include "store/sql.h"

enum err audit_put(struct store_txn *txn, const struct audit_entry *entry, int64_t *number)
{
	struct sql_connection *sql = store_txn_connection(txn);
	sqlite3_stmt *statement = sql_take(sql, SQL_AUDIT_PUT);
	enum err err;

	if (statement == NULL)
		return ERR_STORE;
	(void)sqlite3_bind_int64(statement, 1, entry->at);
	if (entry->uid >= 0)
		(void)sqlite3_bind_int64(statement, 2, entry->uid);
	sql_bind_text(statement, 3, entry->who);
	sql_bind_text(statement, 4, entry->command);
	sql_bind_text(statement, 5, entry->reason);
	err = sql_finish(sql, statement);
	if (err == ERR_OK)
		*number = sqlite3_last_insert_rowid(sql->db);
	return err;
}

enum err audit_put_change(struct store_txn *txn, int64_t number, const char *domain, const char *before,
			  const char *after)
{
	struct sql_connection *sql = store_txn_connection(txn);
	sqlite3_stmt *statement = sql_take(sql, SQL_AUDIT_CHANGE);

	if (statement == NULL)
		return ERR_STORE;
	sql_bind_text(statement, 1, domain);
	(void)sqlite3_bind_int64(statement, 2, number);
	if (before != NULL)
		sql_bind_text(statement, 3, before);
	sql_bind_text(statement, 4, after);
	return sql_finish(sql, statement);
}
