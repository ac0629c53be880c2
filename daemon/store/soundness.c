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
} checks[] = {
	{ "PRAGMA quick_check(1)", "ok", NULL },
	{ "PRAGMA integrity_check(domain)", "ok", NULL },
	{ "SELECT count(*) FROM pragma_foreign_key_check", "0", "rows refer to others that are not there" },
	{ COUNTS("revision"), "1", "revisions are missing" },
	{ COUNTS("audit"), "1", "entries of the audit trail are missing" },
};

static enum err note(struct text *why, const char *what)
{
	char shown[TEXT_SHOWN_SIZE];

	return text_appendf(why, "%s", text_escape(what, strlen(what), shown));
}

enum err soundness_check(struct sql_connection *connection, struct text *why)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && why->len == 0 && i < sizeof(checks) / sizeof(*checks); i++) {
		sqlite3_stmt *statement = NULL;
		int result = sqlite3_prepare_v2(connection->db, checks[i].sql, -1, &statement, NULL);
		const char *value = NULL;

		if (result == SQLITE_OK)
			result = sqlite3_step(statement);
		if (result == SQLITE_ROW)
			value = (const char *)sqlite3_column_text(statement, 0);
		if (result == SQLITE_NOMEM)
			err = ERR_NO_MEMORY;
		else if (value == NULL)
			err = note(why, sqlite3_errmsg(connection->db));
		else if (strcmp(value, checks[i].wanted) != 0)
			err = note(why, checks[i].what != NULL ? checks[i].what : value);
		(void)sqlite3_finalize(statement);
	}
	return err;
}
