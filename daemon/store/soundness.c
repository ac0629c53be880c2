/* SPDX-License-Identifier: ISC */
#include "store/soundness.h"

#include <string.h>

/*
 * Neither revisions nor entries of the audit trail are ever deleted, so the highest number that was given out
 * is how many there are: pages of two different states do not agree on that.
 */
#define COUNTS(table)                                                                                        \
	"SELECT (SELECT count(*) FROM " table ") = coalesce((SELECT seq FROM sqlite_sequence"                \
	" WHERE name = '" table "'), 0)"

static const struct {
	const char *sql; /* its first value is what is looked at */
	const char *wanted;
	const char *what; /* NULL: the value says it */
	int since;        /* version of the schema that has it */
} checks[] = {
	{ "PRAGMA quick_check(1)", "ok", NULL, 1 },
	{ "PRAGMA integrity_check(domain)", "ok", NULL, 1 },
	{ "SELECT count(*) FROM pragma_foreign_key_check", "0", "rows refer to others that are not there",
	  1 },
	{ COUNTS("revision"), "1", "revisions are missing", 1 },
	{ COUNTS("audit"), "1", "entries of the audit trail are missing", 1 },
	{ "SELECT (SELECT count(*) FROM switch) = switches FROM store", "1", "switches are missing", 3 },
};

static enum err check(struct sql_connection *connection, size_t row, struct text *why)
{
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(connection->db, checks[row].sql, -1, &statement, NULL);
	const char *value = NULL;
	enum err err = ERR_OK;

	if (result == SQLITE_OK)
		result = sqlite3_step(statement);
	if (result == SQLITE_ROW)
		value = (const char *)sqlite3_column_text(statement, 0);
	/* A value that is not there for want of memory is nothing that the database lacks. */
	if (value == NULL && sqlite3_errcode(connection->db) == SQLITE_NOMEM)
		err = ERR_NO_MEMORY;
	else if (value == NULL)
		err = text_appendf(why, "%s", sqlite3_errmsg(connection->db));
	else if (strcmp(value, checks[row].wanted) != 0)
		err = text_appendf(why, "%s", checks[row].what != NULL ? checks[row].what : value);
	(void)sqlite3_finalize(statement);
	return err;
}

enum err soundness_check(struct sql_connection *connection, int version, struct text *why)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && why->len == 0 && i < sizeof(checks) / sizeof(*checks); i++) {
		if (version >= checks[i].since)
			err = check(connection, i, why);
	}
	return err;
}
