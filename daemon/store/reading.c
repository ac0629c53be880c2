/* SPDX-License-Identifier: ISC */
#include "store/reading.h"

#include "store/store_private.h"

static bool is_open(const struct store *store)
{
	return store->connection.db != NULL && sqlite3_get_autocommit(store->connection.db) == 0;
}

/* The end is prepared now, because later there may be no memory to. */
void reading_begin(struct store *store)
{
	if (store->connection.db != NULL && !is_open(store) &&
	    sql_take(&store->connection, SQL_ROLLBACK) != NULL)
		store->reading = sql_run(&store->connection, SQL_READ) == ERR_OK;
}

/* Nothing was written, so there is nothing to commit; and a commit may write the log back. */
void reading_end(struct store *store)
{
	if (store->reading && is_open(store))
		(void)sql_run(&store->connection, SQL_ROLLBACK);
	store->reading = false;
}
