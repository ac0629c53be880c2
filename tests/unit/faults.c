/* SPDX-License-Identifier: ISC */
/* wrap: sqlite3_column_text sqlite3_column_type sqlite3_errcode sqlite3_exec sqlite3_prepare_v2
   sqlite3_prepare_v3 sqlite3_reset sqlite3_step */
#include "faults.h"

#include <sqlite3.h>
#include <stdint.h>

static size_t left = SIZE_MAX;
static bool failed;

/* What the call that failed last said, until the next one; SQLITE_OK: ask SQLite. */
static int code = SQLITE_OK;

/* Whose string is missing, and in which column: until it is reset it is NULL, and there is no next row. */
static sqlite3_stmt *lacking;
static int lacking_column;

int __real_sqlite3_prepare_v2(sqlite3 *db, const char *sql, int len, sqlite3_stmt **statement,
			      const char **tail);
int __real_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int len, unsigned flags, sqlite3_stmt **statement,
			      const char **tail);
int __real_sqlite3_step(sqlite3_stmt *statement);
int __real_sqlite3_exec(sqlite3 *db, const char *sql, int (*each)(void *, int, char **, char **),
			void *context, char **message);
const unsigned char *__real_sqlite3_column_text(sqlite3_stmt *statement, int column);
int __real_sqlite3_column_type(sqlite3_stmt *statement, int column);
int __real_sqlite3_reset(sqlite3_stmt *statement);
int __real_sqlite3_errcode(sqlite3 *db);
int __wrap_sqlite3_prepare_v2(sqlite3 *db, const char *sql, int len, sqlite3_stmt **statement,
			      const char **tail);
int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int len, unsigned flags, sqlite3_stmt **statement,
			      const char **tail);
int __wrap_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*each)(void *, int, char **, char **),
			void *context, char **message);
const unsigned char *__wrap_sqlite3_column_text(sqlite3_stmt *statement, int column);
int __wrap_sqlite3_column_type(sqlite3_stmt *statement, int column);
int __wrap_sqlite3_reset(sqlite3_stmt *statement);
int __wrap_sqlite3_errcode(sqlite3 *db);

void faults_fail_after(size_t calls)
{
	left = calls;
	failed = false;
	code = SQLITE_OK;
}

bool faults_restore(void)
{
	left = SIZE_MAX;
	code = SQLITE_OK;
	lacking = NULL;
	return failed;
}

static bool fails(int with)
{
	code = SQLITE_OK;
	if (left == SIZE_MAX || left-- > 0)
		return false;
	left = SIZE_MAX;
	failed = true;
	code = with;
	return true;
}

int __wrap_sqlite3_prepare_v2(sqlite3 *db, const char *sql, int len, sqlite3_stmt **statement,
			      const char **tail)
{
	return fails(SQLITE_NOMEM) ? SQLITE_NOMEM : __real_sqlite3_prepare_v2(db, sql, len, statement, tail);
}

int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int len, unsigned flags, sqlite3_stmt **statement,
			      const char **tail)
{
	return fails(SQLITE_NOMEM) ? SQLITE_NOMEM
				   : __real_sqlite3_prepare_v3(db, sql, len, flags, statement, tail);
}

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
	if (statement == lacking)
		return SQLITE_NOMEM;
	return fails(SQLITE_IOERR) ? SQLITE_IOERR : __real_sqlite3_step(statement);
}

int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*each)(void *, int, char **, char **),
			void *context, char **message)
{
	return fails(SQLITE_IOERR) ? SQLITE_IOERR : __real_sqlite3_exec(db, sql, each, context, message);
}

const unsigned char *__wrap_sqlite3_column_text(sqlite3_stmt *statement, int column)
{
	if (!fails(SQLITE_NOMEM))
		return __real_sqlite3_column_text(statement, column);
	lacking = statement;
	lacking_column = column;
	return NULL;
}

int __wrap_sqlite3_column_type(sqlite3_stmt *statement, int column)
{
	return statement == lacking && column == lacking_column
		       ? SQLITE_NULL
		       : __real_sqlite3_column_type(statement, column);
}

int __wrap_sqlite3_reset(sqlite3_stmt *statement)
{
	if (statement == lacking)
		lacking = NULL;
	return __real_sqlite3_reset(statement);
}

int __wrap_sqlite3_errcode(sqlite3 *db)
{
	return code != SQLITE_OK ? code : __real_sqlite3_errcode(db);
}
