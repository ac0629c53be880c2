/* SPDX-License-Identifier: ISC */
#include "store/switches.h"

#include "log/log.h"
#include "store/store_private.h"

#include <stdio.h>

/* How many there are is written down, so that one that is missing is missed. */
static enum err count(struct sql_connection *sql, int more)
{
	sqlite3_stmt *statement = sql_take(sql, SQL_SWITCH_COUNT);

	(void)sqlite3_bind_int(statement, 1, more);
	return sql_finish(sql, statement);
}

static enum err remove_switch(struct sql_connection *sql, const char *domain)
{
	enum err err = sql_finish(sql, sql_take_of(sql, SQL_SWITCH_REMOVE, domain));

	return err == ERR_OK && sqlite3_changes(sql->db) > 0 ? count(sql, -1) : err;
}

enum err switches_put(struct store_txn *txn, const char *domain, const struct switching *switching)
{
	struct sql_connection *sql = store_txn_connection(txn);
	sqlite3_stmt *statement;
	enum err err;

	if (!switching->active)
		return remove_switch(sql, domain);
	/* Only a row that is new sets it: its number is that of the domain. */
	sqlite3_set_last_insert_rowid(sql->db, 0);
	statement = sql_take_of(sql, SQL_SWITCH_PUT, domain);
	sql_bind_text(statement, 2, mode_text(switching->mode));
	(void)sqlite3_bind_int64(statement, 3, switching->max_age);
	(void)sqlite3_bind_int(statement, 4, switching->keep_mx);
	(void)sqlite3_bind_int64(statement, 5, switching->since);
	sql_bind_text(statement, 6, switching->who);
	err = sql_finish(sql, statement);
	return err == ERR_OK && sqlite3_last_insert_rowid(sql->db) != 0 ? count(sql, 1) : err;
}

static enum err read_row(sqlite3_stmt *statement, struct switching *switching)
{
	const char *mode = (const char *)sqlite3_column_text(statement, 1);
	const char *who = (const char *)sqlite3_column_text(statement, 5);

	*switching = (struct switching){
		.active = true,
		.max_age = (uint32_t)sqlite3_column_int64(statement, 2),
		.keep_mx = sqlite3_column_int(statement, 3) != 0,
		.since = (time_t)sqlite3_column_int64(statement, 4),
	};
	(void)snprintf(switching->who, sizeof(switching->who), "%s", who != NULL ? who : "");
	if (sqlite3_column_int(statement, 6) == 0 || mode == NULL ||
	    mode_parse(mode, &switching->mode) != ERR_OK)
		switching->mode = MODE_UNKNOWN;
	return ERR_OK;
}

enum err switches_each(struct store *store,
		       enum err (*each)(void *context, const char *domain, const struct switching *switching),
		       void *context)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take(sql, SQL_SWITCH_EACH);
	enum err err = ERR_OK;

	while (sql_row(sql, statement, &err)) {
		const char *domain = sql_text(statement, 0);
		struct switching switching;

		if (domain != NULL && *domain == '\0')
			continue; /* of nobody */
		err = domain != NULL ? read_row(statement, &switching) : ERR_NO_MEMORY;
		if (err == ERR_OK && switching.mode == MODE_UNKNOWN)
			log_error("store, switch of %s is damaged: it stays as it is published; switch it "
				  "again",
				  domain);
		if (err == ERR_OK)
			err = each(context, domain, &switching);
	}
	return err;
}
