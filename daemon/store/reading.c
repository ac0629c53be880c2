/* SPDX-License-Identifier: ISC */
#include "store/reading.h"

#include "store/condition.h"
#include "store/index_guard_private.h"
#include "store/store_private.h"
#include "store/write_back.h"

/* So many rows are written in a moment. */
#define FEW_ROWS 5000

static bool is_open(const struct sql_connection *sql)
{
	return sql->db != NULL && sqlite3_get_autocommit(sql->db) == 0;
}

/* The end is prepared now, because later there may be no memory to. */
void reading_begin(struct store *store)
{
	struct sql_connection *sql = store_connection(store);

	if (sql->db != NULL && !is_open(sql) && sql_take(sql, SQL_ROLLBACK) != NULL)
		sql->reading = sql_run(sql, SQL_READ) == ERR_OK;
}

/* Nothing was written, so there is nothing to commit; and a commit may write the log back. */
void reading_end(struct store *store)
{
	struct sql_connection *sql = store_connection(store);

	if (sql->reading && is_open(sql))
		(void)sql_run(sql, SQL_ROLLBACK);
	sql->reading = false;
}

/* What lies at the path now may be something else, of which nothing is known. */
static bool open_beside(struct store *store)
{
	return store->beside.db != NULL ||
	       (files_misplaced(&store->files).what == NULL &&
		sql_open_beside(&store->beside, store->files.database.path) == ERR_OK);
}

bool reading_step_aside(struct store *store)
{
	store->aside = store->connection.db != NULL && condition_of(store) == CONDITION_OK &&
		       !index_guard_has_lost() && open_beside(store);
	return store->aside;
}

bool reading_is_aside(const struct store *store)
{
	return store->aside;
}

/* Who reads keeps the log from being written back. */
void reading_step_back(struct store *store)
{
	reading_end(store);
	store->aside = false;
}

static bool is_long(const struct store *store)
{
	return sqlite3_total_changes(store->connection.db) - store->changes > FEW_ROWS ||
	       write_back_is_due(store);
}

/* What a transaction sees is settled by the first row that it reads. */
void reading_hold(struct store *store)
{
	if (store->held || !is_long(store) || index_guard_has_lost() || !open_beside(store))
		return;
	store->held = sql_run(&store->beside, SQL_READ) == ERR_OK &&
		      sql_run(&store->beside, SQL_GENERATION) == ERR_OK;
	if (!store->held && is_open(&store->beside))
		(void)sql_run(&store->beside, SQL_ROLLBACK);
}

void reading_let_go(struct store *store)
{
	if (store->held && is_open(&store->beside))
		(void)sql_run(&store->beside, SQL_ROLLBACK);
	store->held = false;
}
