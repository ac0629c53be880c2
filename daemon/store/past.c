/* SPDX-License-Identifier: ISC */
#include "store/past.h"

#include "store/store_private.h"

enum err past_begin(struct store_txn *txn, const char *domain, int64_t number, time_t now)
{
	struct sql_connection *sql = store_txn_connection(txn);
	sqlite3_stmt *statement = sql_take_of(sql, SQL_PAST_BEGIN, domain);

	(void)sqlite3_bind_int64(statement, 2, number);
	(void)sqlite3_bind_int64(statement, 3, now);
	return sql_finish(sql, statement);
}

enum err past_settle(struct store_txn *txn, const char *domain)
{
	struct sql_connection *sql = store_txn_connection(txn);

	return sql_finish(sql, sql_take_of(sql, SQL_PAST_SETTLE, domain));
}

enum err past_look(struct store_txn *txn, const char *domain, enum past_sight sight)
{
	struct sql_connection *sql = store_txn_connection(txn);

	if (sight == PAST_SIGHT_NOTHING)
		return ERR_OK;
	return sql_finish(
		sql, sql_take_of(sql, sight == PAST_SIGHT_BARE ? SQL_PAST_SETTLE_UNSEEN : SQL_PAST_NOTE_SEEN,
				 domain));
}

enum err past_is_unknown(struct store *store, const char *domain, bool *unknown)
{
	struct sql_connection *sql = store_connection(store);
	int64_t value = 0;
	enum err err = sql_number(sql, sql_take_of(sql, SQL_PAST_IS_UNKNOWN, domain), &value);

	*unknown = value != 0;
	return err;
}
