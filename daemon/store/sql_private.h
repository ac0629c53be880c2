/* SPDX-License-Identifier: ISC */
#ifndef STORE_SQL_PRIVATE_H
#define STORE_SQL_PRIVATE_H

/**
 * A connection to the database, and how to run the statements of store/statements_private.h.
 *
 * Threads: the clerk's.
 */

#include "base/err.h"
#include "store/statements_private.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/** A database connection with its prepared statements. */
struct sql_connection {
	sqlite3 *db;
	sqlite3_stmt *prepared[SQL_STATEMENTS];
	bool full;    /**< something failed because the disk is full */
	bool corrupt; /**< something failed because the database is damaged */
	bool reading; /**< store/reading.h */
	int *failure; /**< what sql_retry() was given, or NULL */
};

/**
 * Open a database file for writing, with the settings that make a commit durable, read back.  One that may
 * only be read is opened, too: sqlite3_db_readonly() tells.
 *
 * @param make  whether to make one when there is none
 * @return ERR_OK, ERR_STORE (cause logged); on error nothing is open, and full and corrupt tell more
 */
enum err sql_open(struct sql_connection *connection, const char *path, bool make);

/**
 * Open a database that another connection of this process has open, for reading only.
 *
 * @return ERR_OK, ERR_STORE (cause logged); on error nothing is open
 */
enum err sql_open_beside(struct sql_connection *connection, const char *path);

/**
 * Begin what is done again and again: from now on a failure is logged only when its cause is another than
 * that of the last.
 *
 * @param failure  the last cause, as SQLite calls it; 0: none.  NULL: all failures are logged again
 */
void sql_retry(struct sql_connection *connection, int *failure);

/** What was begun by sql_retry() has been done: log it when it failed before. */
void sql_retried(struct sql_connection *connection, const char *what);

/** Whether a statement that meets another writer waits a while, as it does at first, or fails at once. */
void sql_be_patient(struct sql_connection *connection, bool patient);

/** Room for a path of sql_path_in(). */
#define SQL_PATH_SIZE 64

/** The path of a short name in an open directory, whatever lies at the directory's own path by now. */
const char *sql_path_in(int folder, const char *name, char out[SQL_PATH_SIZE]);

/** The name of the VFS that opens the path of sql_path_in() as it is, and follows no link at its end. */
const char *sql_vfs_in_place(void);

/**
 * Open a database that is there, as sql_open(), in a directory in which somebody else may write.
 *
 * @param folder  its descriptor
 */
enum err sql_open_in(struct sql_connection *connection, int folder, const char *name);

/**
 * Finalise every statement and close; fine to repeat.
 *
 * @param checkpoint  whether the log may be written into the database and removed; not when the files may be
 * others by now, or what they hold is not believed
 */
void sql_close(struct sql_connection *connection, bool checkpoint);

/** Run a pragma and compare the first value it returns.  Returns ERR_OK, ERR_STORE (another, or none;
 * logged). */
enum err sql_expect(struct sql_connection *connection, const char *pragma, const char *wanted);

/** Run one or several statements given as text, without results.  Returns ERR_OK, ERR_STORE (cause logged).
 */
enum err sql_run_text(struct sql_connection *connection, const char *text);

/** Take a statement, reset and without bindings; NULL when it cannot be prepared (cause logged). */
sqlite3_stmt *sql_take(struct sql_connection *connection, enum sql sql);

/** The same with its first parameter bound: the name of a domain, which outlives its steps. */
sqlite3_stmt *sql_take_of(struct sql_connection *connection, enum sql sql, const char *domain);

/**
 * Prepare every statement.
 *
 * @return ERR_OK, ERR_STORE (a table or a column is missing; logged), ERR_NO_MEMORY
 */
enum err sql_prepare(struct sql_connection *connection);

/** The text of a column that is never NULL: "" of a damaged row where it is; NULL: no memory for it. */
const char *sql_text(sqlite3_stmt *statement, int column);

/** Bind a string that outlives the statement's next step. */
void sql_bind_text(sqlite3_stmt *statement, int index, const char *text);

/**
 * Step a statement that returns no row, and reset it.
 *
 * @param statement  NULL is an error, so that sql_take() need not be checked; as well for the other steps
 * below
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err sql_finish(struct sql_connection *connection, sqlite3_stmt *statement);

/** Step to the next row: ERR_OK, ERR_NOT_FOUND (no more; reset), ERR_STORE (cause logged; reset). */
enum err sql_next(struct sql_connection *connection, sqlite3_stmt *statement);

/**
 * Step to the next row, as the head of a loop: false at the end, whose cause is in err.
 *
 * @param[in,out] err  ERR_OK to begin with; another that the loop sets ends it, and the statement is reset
 */
bool sql_row(struct sql_connection *connection, sqlite3_stmt *statement, enum err *err);

/** Read the one number of a statement; 0 when it has none.  Returns ERR_OK, ERR_STORE (cause logged). */
enum err sql_number(struct sql_connection *connection, sqlite3_stmt *statement, int64_t *number);

/** Tell whether a statement has a row for a domain and an id.  Returns ERR_OK, ERR_STORE (cause logged). */
enum err sql_has(struct sql_connection *connection, enum sql sql, const char *domain, const char *id,
		 bool *has);

/**
 * Run a statement that writes files for long, as sql_run(), and let others have their turn meanwhile
 * (base/progress.h), who use other connections.
 */
enum err sql_run_through(struct sql_connection *connection, enum sql sql);

/** Run a statement without bindings or rows.  Returns ERR_OK, ERR_STORE (cause logged). */
enum err sql_run(struct sql_connection *connection, enum sql sql);

#endif
