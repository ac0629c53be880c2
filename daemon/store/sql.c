/* SPDX-License-Identifier: ISC */
#include "store/sql.h"

#include "base/log.h"

#include <string.h>

#define BUSY_TIMEOUT_MS 2000

#define DOMAIN_ID "(SELECT id FROM domain WHERE name = ?1)"

static const char *const texts[SQL_STATEMENTS] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_COUNT_UP] = "UPDATE store SET generation = generation + 1",
	[SQL_GENERATION] = "SELECT generation FROM store",
	[SQL_DOMAIN_PUT] = "INSERT INTO domain (name, source) VALUES (?1, '') ON CONFLICT (name) DO NOTHING",
	[SQL_DOMAIN_SOURCE] = "UPDATE domain SET source = ?2 WHERE name = ?1",
	[SQL_REVISION_SUPERSEDE] = "UPDATE revision SET superseded_at = ?2"
				   " WHERE domain = " DOMAIN_ID " AND superseded_at IS NULL",
	[SQL_REVISION_PUT] = "INSERT INTO revision (domain, id, text, published_at)"
			     " VALUES (" DOMAIN_ID ", ?2, ?3, ?4)",
	[SQL_REVISION_IS_USED] = "SELECT 1 FROM revision WHERE domain = " DOMAIN_ID " AND id = ?2",
	[SQL_REVISION_EACH] = "SELECT name, source, revision.id, text, published_at"
			      " FROM revision JOIN domain ON domain.id = revision.domain"
			      " WHERE superseded_at IS NULL ORDER BY name",
	[SQL_REVISION_EACH_OLDER] = "SELECT text, superseded_at FROM revision WHERE domain = " DOMAIN_ID
				    " AND superseded_at IS NOT NULL",
	[SQL_SWITCH_PUT] =
		"INSERT INTO switch (domain, mode, max_age, keep_mx, since, who)"
		" VALUES (" DOMAIN_ID ", ?2, ?3, ?4, ?5, ?6)"
		" ON CONFLICT (domain) DO UPDATE SET mode = excluded.mode, max_age = excluded.max_age,"
		" keep_mx = excluded.keep_mx, since = excluded.since, who = excluded.who",
	[SQL_SWITCH_REMOVE] = "DELETE FROM switch WHERE domain = " DOMAIN_ID,
	[SQL_SWITCH_EACH] = "SELECT name, mode, max_age, keep_mx, since, who"
			    " FROM switch JOIN domain ON domain.id = switch.domain ORDER BY name",
	[SQL_AUDIT_PUT] = "INSERT INTO audit (at, uid, who, command, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
	[SQL_AUDIT_CHANGE] = "INSERT INTO audit_change (audit, domain, before, after)"
			     " VALUES (?2, " DOMAIN_ID ", ?3, ?4)",
};

static enum err failed(struct sql_connection *connection, const char *doing)
{
	/*
	 * A full disk shows itself in the main files as SQLITE_FULL, in the shared memory of the log as
	 * SHMSIZE.
	 */
	int code = connection->db != NULL ? sqlite3_extended_errcode(connection->db) : SQLITE_NOMEM;

	connection->full = connection->full || code == SQLITE_FULL || code == SQLITE_IOERR_SHMSIZE;
	log_error("store, %s failed (%s)", doing,
		  connection->db != NULL ? sqlite3_errmsg(connection->db) : "out of memory");
	return ERR_STORE;
}

enum err sql_expect(struct sql_connection *connection, const char *pragma, const char *wanted)
{
	sqlite3_stmt *statement = NULL;
	const char *value = NULL;
	enum err err = ERR_STORE;

	if (sqlite3_prepare_v2(connection->db, pragma, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		value = (const char *)sqlite3_column_text(statement, 0);
	if (value != NULL && strcmp(value, wanted) == 0)
		err = ERR_OK;
	(void)sqlite3_finalize(statement);
	return err == ERR_OK ? ERR_OK : failed(connection, pragma);
}

/* What is set is read back: a setting that did not take is a promise broken later. */
enum err sql_open(struct sql_connection *connection, const char *path)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	enum err err = ERR_OK;

	*connection = (struct sql_connection){ 0 };
	if (sqlite3_open_v2(path, &connection->db, flags, NULL) != SQLITE_OK)
		err = failed(connection, "open");
	if (err == ERR_OK)
		(void)sqlite3_busy_timeout(connection->db, BUSY_TIMEOUT_MS);
	if (err == ERR_OK)
		err = sql_expect(connection, "PRAGMA journal_mode = WAL", "wal");
	if (err == ERR_OK)
		err = sql_run_text(connection, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
					       " PRAGMA trusted_schema = OFF");
	if (err == ERR_OK)
		err = sql_expect(connection, "PRAGMA synchronous", "2");
	if (err == ERR_OK)
		err = sql_expect(connection, "PRAGMA foreign_keys", "1");
	if (err != ERR_OK) {
		bool full = connection->full;

		sql_close(connection);
		connection->full = full;
	}
	return err;
}

void sql_close(struct sql_connection *connection)
{
	for (int i = 0; i < SQL_STATEMENTS; i++)
		(void)sqlite3_finalize(connection->prepared[i]);
	(void)sqlite3_close(connection->db);
	*connection = (struct sql_connection){ 0 };
}

enum err sql_run_text(struct sql_connection *connection, const char *text)
{
	return sqlite3_exec(connection->db, text, NULL, NULL, NULL) == SQLITE_OK ? ERR_OK
										 : failed(connection, text);
}

sqlite3_stmt *sql_take(struct sql_connection *connection, enum sql sql)
{
	sqlite3_stmt **statement = &connection->prepared[sql];

	if (*statement == NULL &&
	    sqlite3_prepare_v3(connection->db, texts[sql], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) !=
		    SQLITE_OK) {
		(void)failed(connection, texts[sql]);
		return NULL;
	}
	(void)sqlite3_reset(*statement);
	(void)sqlite3_clear_bindings(*statement);
	return *statement;
}

void sql_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	(void)sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

enum err sql_next(struct sql_connection *connection, sqlite3_stmt *statement)
{
	int result = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;

	if (result == SQLITE_ROW)
		return ERR_OK;
	if (result != SQLITE_DONE)
		(void)failed(connection, statement != NULL ? sqlite3_sql(statement) : "statement");
	if (statement != NULL)
		(void)sqlite3_reset(statement);
	return result == SQLITE_DONE ? ERR_NOT_FOUND : ERR_STORE;
}

enum err sql_finish(struct sql_connection *connection, sqlite3_stmt *statement)
{
	enum err err = sql_next(connection, statement);

	if (err == ERR_OK) /* a row nobody asked for */
		(void)sqlite3_reset(statement);
	return err == ERR_STORE ? ERR_STORE : ERR_OK;
}

enum err sql_run(struct sql_connection *connection, enum sql sql)
{
	return sql_finish(connection, sql_take(connection, sql));
}
