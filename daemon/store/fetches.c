/* SPDX-License-Identifier: ISC */
#include "store/fetches.h"

#include "store/store_private.h"

static enum err run_with_time(struct store_txn *txn, enum sql which, time_t now)
{
	struct sql_connection *sql = store_txn_connection(txn);
	sqlite3_stmt *statement = sql_take(sql, which);

	(void)sqlite3_bind_int64(statement, 1, now);
	return sql_finish(sql, statement);
}

enum err fetches_begin(struct store_txn *txn, time_t now)
{
	enum err err = run_with_time(txn, SQL_LAPSE_PUT, now);

	if (err == ERR_OK)
		err = sql_run(store_txn_connection(txn), SQL_OBSERVATION_UNCONFIRM);
	return err == ERR_OK ? run_with_time(txn, SQL_RUN_BEGIN, now) : err;
}

enum err fetches_end(struct store_txn *txn, time_t now)
{
	return run_with_time(txn, SQL_RUN_END, now);
}

enum err fetches_add(struct store_txn *txn, int64_t revision, const struct fetches *fetches)
{
	struct sql_connection *sql = store_txn_connection(txn);
	sqlite3_stmt *statement = sql_take(sql, SQL_FETCHES_ADD);

	(void)sqlite3_bind_int64(statement, 1, revision);
	(void)sqlite3_bind_int64(statement, 2, fetches->count);
	(void)sqlite3_bind_int64(statement, 3, fetches->first_at);
	(void)sqlite3_bind_int64(statement, 4, fetches->last_at);
	return sql_finish(sql, statement);
}

enum err fetches_missed(struct store_txn *txn, time_t now)
{
	return run_with_time(txn, SQL_LAPSE_PUT, now);
}

enum err fetches_counted(struct store_txn *txn, time_t now)
{
	return run_with_time(txn, SQL_RUN_COUNTED, now);
}
