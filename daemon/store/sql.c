/* SPDX-License-Identifier: ISC */
#include "store/sql_private.h"

#include "base/progress.h"
#include "base/text.h"
#include "log/log_event.h"
#include "store/index_guard_private.h"
#include "store/row_sum_private.h"

#include <stdio.h>
#include <string.h>

/* What SQLite writes back at a time: a thousand pages. */
#define LOG_SIZE "4194304"

#define BUSY_TIMEOUT_MS 2000

static enum err failed(struct sql_connection *connection, const char *doing)
{
	/* A full disk is SQLITE_FULL in the main files, and SHMSIZE in the shared memory of the log. */
	int code = connection->db != NULL ? sqlite3_extended_errcode(connection->db) : SQLITE_NOMEM;
	const char *why = connection->db != NULL ? sqlite3_errmsg(connection->db) : "out of memory";

	if (index_guard_has_lost())
		why = "the index of its log was cut short";
	connection->full = connection->full || code == SQLITE_FULL || code == SQLITE_IOERR_SHMSIZE;
	connection->corrupt = connection->corrupt || (code & 0xff) == SQLITE_CORRUPT || code == SQLITE_NOTADB;
	if (connection->failure == NULL || *connection->failure != code)
		log_event(EVENT_STORE_FAILED, &(struct log_fields){ .reason = why }, "store, %s failed (%s)",
			  doing, why);
	if (connection->failure != NULL)
		*connection->failure = code;
	return ERR_STORE;
}

void sql_retry(struct sql_connection *connection, int *failure)
{
	connection->failure = failure;
}

void sql_retried(struct sql_connection *connection, const char *what)
{
	if (connection->failure != NULL && *connection->failure != 0) {
		log_notice("store, %s again", what);
		*connection->failure = 0;
	}
	sql_retry(connection, NULL);
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

void sql_be_patient(struct sql_connection *connection, bool patient)
{
	(void)sqlite3_busy_timeout(connection->db, patient ? BUSY_TIMEOUT_MS : 0);
}

/* SQLite would resolve every link in a path first, and what it finds may be another by the time it opens it.
 * The last part it opens with O_NOFOLLOW in any case. */
static int take_as_it_is(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
	(void)vfs;
	return snprintf(out, (size_t)size, "%s", path) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

const char *sql_vfs_in_place(void)
{
	static sqlite3_vfs vfs;
	const sqlite3_vfs *usual = sqlite3_vfs_find(NULL);

	if (vfs.zName == NULL && usual != NULL) {
		vfs = *usual;
		vfs.zName = "in-place";
		vfs.xFullPathname = take_as_it_is;
		(void)sqlite3_vfs_register(&vfs, 0);
	}
	return "in-place";
}

/* What is set is read back: a setting that did not take is a promise broken later. */
static enum err open_by(struct sql_connection *connection, const char *path, int more, const char *vfs)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | more;
	enum err err = ERR_OK;

	*connection = (struct sql_connection){ 0 };
	index_guard_renew();
	if (sqlite3_open_v2(path, &connection->db, flags, vfs) != SQLITE_OK ||
	    row_sum_register(connection->db) != ERR_OK)
		err = failed(connection, "open");
	if (err == ERR_OK)
		sql_be_patient(connection, true);
	if (err == ERR_OK)
		err = sql_expect(connection, "PRAGMA journal_mode = WAL", "wal");
	if (err == ERR_OK)
		err = sql_run_text(connection, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
					       " PRAGMA trusted_schema = OFF");
	if (err == ERR_OK)
		err = sql_expect(connection, "PRAGMA synchronous", "2");
	if (err == ERR_OK)
		err = sql_expect(connection, "PRAGMA foreign_keys", "1");
	/* A log that an order of very many domains has made long is short again once it is written back. */
	if (err == ERR_OK)
		err = sql_expect(connection, "PRAGMA journal_size_limit = " LOG_SIZE, LOG_SIZE);
	if (err != ERR_OK) {
		struct sql_connection failed = { .full = connection->full, .corrupt = connection->corrupt };

		sql_close(connection, false);
		*connection = failed;
	}
	return err;
}

enum err sql_open(struct sql_connection *connection, const char *path, bool make)
{
	return open_by(connection, path, make ? SQLITE_OPEN_CREATE : 0, NULL);
}

enum err sql_open_in(struct sql_connection *connection, int folder, const char *name)
{
	char path[SQL_PATH_SIZE];

	return open_by(connection, sql_path_in(folder, name, path), 0, sql_vfs_in_place());
}

/* The other one sees to the settings, and to what it has mapped. */
enum err sql_open_beside(struct sql_connection *connection, const char *path)
{
	enum err err = ERR_OK;

	*connection = (struct sql_connection){ 0 };
	if (sqlite3_open_v2(path, &connection->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
		    SQLITE_OK ||
	    row_sum_register(connection->db) != ERR_OK)
		err = failed(connection, "open");
	if (err == ERR_OK)
		err = sql_run_text(connection, "PRAGMA trusted_schema = OFF");
	if (err != ERR_OK)
		sql_close(connection, false);
	return err;
}

const char *sql_path_in(int folder, const char *name, char out[SQL_PATH_SIZE])
{
	(void)snprintf(out, SQL_PATH_SIZE, "/proc/self/fd/%d/%s", folder, name);
	return out;
}

/* What SQLite does at the end, it does by the names of the files, whatever lies there by now. */
void sql_close(struct sql_connection *connection, bool checkpoint)
{
	if (connection->db != NULL && !checkpoint)
		(void)sqlite3_db_config(connection->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
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
	    sqlite3_prepare_v3(connection->db, statements_text(sql), -1, SQLITE_PREPARE_PERSISTENT, statement,
			       NULL) != SQLITE_OK) {
		(void)failed(connection, statements_text(sql));
		return NULL;
	}
	(void)sqlite3_reset(*statement);
	(void)sqlite3_clear_bindings(*statement);
	return *statement;
}

sqlite3_stmt *sql_take_of(struct sql_connection *connection, enum sql sql, const char *domain)
{
	sqlite3_stmt *statement = sql_take(connection, sql);

	sql_bind_text(statement, 1, domain);
	return statement;
}

enum err sql_prepare(struct sql_connection *connection)
{
	enum err err = ERR_OK;

	for (enum sql sql = 0; err == ERR_OK && sql < SQL_STATEMENTS; sql++) {
		if (sql_take(connection, sql) == NULL)
			err = sqlite3_errcode(connection->db) == SQLITE_NOMEM ? ERR_NO_MEMORY : ERR_STORE;
	}
	return err;
}

const char *sql_text(sqlite3_stmt *statement, int column)
{
	if (sqlite3_column_type(statement, column) == SQLITE_NULL)
		return "";
	return (const char *)sqlite3_column_text(statement, column);
}

void sql_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	(void)sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

/* What commits may write the log back, too. */
static bool may_commit(struct sql_connection *connection, sqlite3_stmt *statement)
{
	if (sqlite3_get_autocommit(connection->db) == 0)
		return statement == connection->prepared[SQL_COMMIT];
	return sqlite3_stmt_readonly(statement) == 0 && statement != connection->prepared[SQL_BEGIN];
}

static int step(struct sql_connection *connection, sqlite3_stmt *statement)
{
	int result;

	index_guard_survive(!may_commit(connection, statement));
	result = sqlite3_step(statement);
	index_guard_survive(false);
	return index_guard_has_lost() ? SQLITE_IOERR : result;
}

static enum err conclude(struct sql_connection *connection, sqlite3_stmt *statement, int result)
{
	if (result == SQLITE_ROW)
		return ERR_OK;
	if (result != SQLITE_DONE)
		(void)failed(connection, sqlite3_sql(statement));
	(void)sqlite3_reset(statement);
	return result == SQLITE_DONE ? ERR_NOT_FOUND : ERR_STORE;
}

enum err sql_next(struct sql_connection *connection, sqlite3_stmt *statement)
{
	return statement != NULL ? conclude(connection, statement, step(connection, statement)) : ERR_STORE;
}

bool sql_row(struct sql_connection *connection, sqlite3_stmt *statement, enum err *err)
{
	enum err next = *err == ERR_OK ? sql_next(connection, statement) : *err;

	if (*err != ERR_OK)
		(void)sqlite3_reset(statement);
	else if (next == ERR_STORE)
		*err = ERR_STORE;
	return next == ERR_OK;
}

enum err sql_number(struct sql_connection *connection, sqlite3_stmt *statement, int64_t *number)
{
	enum err err = sql_next(connection, statement);

	if (err == ERR_STORE)
		return err;
	*number = err == ERR_OK ? sqlite3_column_int64(statement, 0) : 0;
	(void)sqlite3_reset(statement);
	return ERR_OK;
}

enum err sql_finish(struct sql_connection *connection, sqlite3_stmt *statement)
{
	enum err err = sql_next(connection, statement);

	if (err == ERR_OK) /* a row nobody asked for */
		(void)sqlite3_reset(statement);
	return err == ERR_STORE ? ERR_STORE : ERR_OK;
}

enum err sql_has(struct sql_connection *connection, enum sql sql, const char *domain, const char *id,
		 bool *has)
{
	sqlite3_stmt *statement = sql_take_of(connection, sql, domain);
	enum err err;

	sql_bind_text(statement, 2, id);
	err = sql_next(connection, statement);
	if (err == ERR_STORE)
		return err;
	(void)sqlite3_reset(statement);
	*has = err == ERR_OK;
	return ERR_OK;
}

enum err sql_run(struct sql_connection *connection, enum sql sql)
{
	return sql_finish(connection, sql_take(connection, sql));
}

struct stepping {
	sqlite3_stmt *statement;
	int result;
};

/* No loss can be lived with on this thread. */
static void step_through(void *context)
{
	struct stepping *stepping = context;

	stepping->result = sqlite3_step(stepping->statement);
}

enum err sql_run_through(struct sql_connection *connection, enum sql sql)
{
	struct stepping stepping = { sql_take(connection, sql), SQLITE_ERROR };

	if (stepping.statement == NULL)
		return ERR_STORE;
	progress_through(step_through, &stepping);
	if (index_guard_has_lost())
		stepping.result = SQLITE_IOERR;
	if (conclude(connection, stepping.statement, stepping.result) == ERR_STORE)
		return ERR_STORE;
	(void)sqlite3_reset(stepping.statement);
	return ERR_OK;
}
