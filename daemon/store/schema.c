/* SPDX-License-Identifier: ISC */
#include "store/schema.h"

#include "base/log.h"

#include <stdio.h>

/* "mSTS": marks the file as ours, see file(1) and PRAGMA application_id. */
#define APPLICATION_ID 0x6d535453

/*
 * steps[N] leads from version N to N + 1.  A step that has been released is never changed, only followed by
 * another.
 *
 * revision.id is the TXT record's id; its being unique within a domain is the promise that no id is used
 * twice.
 */
static const char *const steps[] = {
	"CREATE TABLE store (generation INTEGER NOT NULL) STRICT;"
	"INSERT INTO store VALUES (0);"
	"CREATE TABLE domain ("
	" id INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE,"
	" source TEXT NOT NULL) STRICT;"
	"CREATE TABLE revision ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT,"
	" domain INTEGER NOT NULL REFERENCES domain,"
	" id TEXT NOT NULL,"
	" text TEXT NOT NULL,"
	" published_at INTEGER NOT NULL,"
	" superseded_at INTEGER,"
	" UNIQUE (domain, id)) STRICT;"
	"CREATE UNIQUE INDEX revision_current ON revision (domain) WHERE superseded_at IS NULL;"
	"CREATE TABLE switch ("
	" domain INTEGER PRIMARY KEY REFERENCES domain,"
	" mode TEXT NOT NULL,"
	" max_age INTEGER NOT NULL,"
	" keep_mx INTEGER NOT NULL,"
	" since INTEGER NOT NULL,"
	" who TEXT NOT NULL) STRICT;"
	"CREATE TABLE audit ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT,"
	" at INTEGER NOT NULL,"
	" uid INTEGER,"
	" who TEXT NOT NULL,"
	" command TEXT NOT NULL,"
	" reason TEXT NOT NULL) STRICT;"
	"CREATE TABLE audit_change ("
	" audit INTEGER NOT NULL REFERENCES audit,"
	" domain INTEGER NOT NULL REFERENCES domain,"
	" before TEXT,"
	" after TEXT NOT NULL,"
	" PRIMARY KEY (audit, domain)) STRICT, WITHOUT ROWID;",
};

#define VERSION ((int)(sizeof(steps) / sizeof(*steps)))

static enum err read_int(struct sql_connection *connection, const char *sql, int *value)
{
	sqlite3_stmt *statement = NULL;
	enum err err = ERR_STORE;

	if (sqlite3_prepare_v2(connection->db, sql, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW) {
		*value = sqlite3_column_int(statement, 0);
		err = ERR_OK;
	} else {
		log_error("store, %s failed (%s)", sql, sqlite3_errmsg(connection->db));
	}
	(void)sqlite3_finalize(statement);
	return err;
}

static enum err take_step(struct sql_connection *connection, int from)
{
	char stamp[96];
	enum err err;

	(void)snprintf(stamp, sizeof(stamp), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		       APPLICATION_ID, from + 1);
	err = sql_run_text(connection, "BEGIN IMMEDIATE");
	if (err == ERR_OK)
		err = sql_run_text(connection, steps[from]);
	if (err == ERR_OK)
		err = sql_run_text(connection, stamp);
	if (err == ERR_OK)
		err = sql_run_text(connection, "COMMIT");
	if (err != ERR_OK && sqlite3_get_autocommit(connection->db) == 0)
		(void)sql_run_text(connection, "ROLLBACK");
	return err;
}

enum err schema_migrate(struct sql_connection *connection)
{
	int application = 0;
	int version = 0;
	int tables = 0;
	enum err err = read_int(connection, "PRAGMA application_id", &application);

	if (err == ERR_OK)
		err = read_int(connection, "PRAGMA user_version", &version);
	if (err == ERR_OK)
		err = read_int(connection, "SELECT count(*) FROM sqlite_schema", &tables);
	if (err != ERR_OK)
		return err;
	if (version < 0 || version > VERSION ||
	    (application != APPLICATION_ID && (version != 0 || tables != 0))) {
		log_error("store, refused (version %d of application %#x: made by a newer mta-stsd, or by "
			  "another"
			  " program; this one knows version %d)",
			  version, (unsigned)application, VERSION);
		return ERR_REFUSED;
	}
	for (int from = version; err == ERR_OK && from < VERSION; from++)
		err = take_step(connection, from);
	return err;
}
