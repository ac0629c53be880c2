/* SPDX-License-Identifier: ISC */
#include "store/schema_private.h"

#include "log/log.h"

#include <stdio.h>
#include <string.h>

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

	/*
	 * Evidence: who fetched a revision, and what DNS showed.  A lapse is a time in which fetches may have
	 * gone uncounted: of everything that was published before there was any counting, and of a run that
	 * ended in a crash.
	 */
	"ALTER TABLE store ADD COLUMN running INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE store ADD COLUMN counted_at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE revision ADD COLUMN fetches INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE revision ADD COLUMN first_served_at INTEGER;"
	"ALTER TABLE revision ADD COLUMN last_served_at INTEGER;"
	"ALTER TABLE revision ADD COLUMN seen_at INTEGER;"
	"ALTER TABLE revision ADD COLUMN ttl INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE lapse (since INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;"
	"INSERT INTO lapse SELECT 0, CAST(strftime('%s', 'now') AS INTEGER) WHERE EXISTS (SELECT 1 FROM "
	"revision);"
	"CREATE TABLE observation ("
	" domain INTEGER PRIMARY KEY REFERENCES domain,"
	" at INTEGER NOT NULL,"
	" id TEXT NOT NULL,"
	" verdict TEXT NOT NULL,"
	" error TEXT NOT NULL,"
	" right_at INTEGER NOT NULL) STRICT;"
	"CREATE TABLE foreign_id ("
	" domain INTEGER PRIMARY KEY REFERENCES domain,"
	" id TEXT NOT NULL,"
	" last_at INTEGER NOT NULL,"
	" ttl INTEGER NOT NULL) STRICT;"
	"CREATE TABLE observation_server ("
	" domain INTEGER NOT NULL REFERENCES domain,"
	" place INTEGER NOT NULL,"
	" server TEXT NOT NULL,"
	" address TEXT NOT NULL,"
	" verdict TEXT NOT NULL,"
	" ttl INTEGER NOT NULL,"
	" said TEXT NOT NULL,"
	" PRIMARY KEY (domain, place)) STRICT, WITHOUT ROWID;"
	/* What an order changed, so that it can be taken back: the switch as it was before. */
	"ALTER TABLE audit ADD COLUMN undoes INTEGER;"
	"ALTER TABLE audit_change ADD COLUMN was_known INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE audit_change ADD COLUMN was_mode TEXT;"
	"ALTER TABLE audit_change ADD COLUMN was_max_age INTEGER;"
	"ALTER TABLE audit_change ADD COLUMN was_keep_mx INTEGER;"
	"ALTER TABLE audit_change ADD COLUMN was_since INTEGER;"
	"ALTER TABLE audit_change ADD COLUMN was_who TEXT;"
	"CREATE INDEX audit_change_domain ON audit_change (domain, audit);"
	"CREATE INDEX audit_change_after ON audit_change (domain, after);",

	/* What decides what is published has a sum, by which a damaged row is told: see row_sum() in sql.c.
	 */
	"ALTER TABLE revision ADD COLUMN sum INTEGER;"
	"UPDATE revision SET sum = row_sum((SELECT name FROM domain WHERE domain.id = revision.domain),"
	" id, text, published_at, superseded_at);"
	"ALTER TABLE switch ADD COLUMN sum INTEGER;"
	"UPDATE switch SET sum = row_sum((SELECT name FROM domain WHERE domain.id = switch.domain),"
	" mode, max_age, keep_mx);"
	/* A row that is missing has no sum. */
	"ALTER TABLE store ADD COLUMN switches INTEGER NOT NULL DEFAULT 0;"
	"UPDATE store SET switches = (SELECT count(*) FROM switch);"
	/* Every id that stood in DNS and was not published, of which foreign_id has the last one. */
	"CREATE TABLE foreign_seen ("
	" domain INTEGER NOT NULL REFERENCES domain,"
	" id TEXT NOT NULL,"
	" PRIMARY KEY (domain, id)) STRICT, WITHOUT ROWID;"
	"INSERT INTO foreign_seen SELECT domain, id FROM foreign_id;"
	/* The file that an entry promises, so that a start can keep the promise. */
	"ALTER TABLE audit ADD COLUMN file TEXT;"
	"ALTER TABLE audit ADD COLUMN file_sum INTEGER;",

	/*
	 * Which of the two lists of a zone's name servers names a server, record_named_text(); and the id of
	 * the one record that it has, where that is not the published one; and another text beside that.
	 */
	("ALTER TABLE observation_server ADD COLUMN named TEXT NOT NULL DEFAULT '';"
	 "ALTER TABLE observation_server ADD COLUMN other_id TEXT NOT NULL DEFAULT '';"
	 "ALTER TABLE observation_server ADD COLUMN beside TEXT NOT NULL DEFAULT '';"),

	/*
	 * Records that domains share, or that are at another name than the domain's own: where a file says
	 * that a domain's record is, and where it was seen; and every id of theirs, given out here (struct
	 * id_given) or, under number 0, seen at that time and not given out.  Of foreign ids each has its own
	 * times, so that one that turns out to be no foreign one says nothing about the others; the one with
	 * the highest turn was seen last, whatever the clock said.
	 */
	("CREATE TABLE record (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
	 "ALTER TABLE domain ADD COLUMN declared INTEGER REFERENCES record;"
	 "ALTER TABLE domain ADD COLUMN observed INTEGER REFERENCES record;"
	 "CREATE TABLE record_id ("
	 " record INTEGER NOT NULL REFERENCES record,"
	 " id TEXT NOT NULL,"
	 " number INTEGER NOT NULL,"
	 " at INTEGER NOT NULL,"
	 " sum INTEGER NOT NULL,"
	 " PRIMARY KEY (record, id)) STRICT, WITHOUT ROWID;"
	 "CREATE INDEX record_id_order ON record_id (record, number, at, id);"
	 "ALTER TABLE foreign_seen ADD COLUMN first_at INTEGER NOT NULL DEFAULT 0;"
	 "ALTER TABLE foreign_seen ADD COLUMN last_at INTEGER NOT NULL DEFAULT 0;"
	 "ALTER TABLE foreign_seen ADD COLUMN ttl INTEGER NOT NULL DEFAULT 0;"
	 "ALTER TABLE foreign_seen ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;"
	 "INSERT OR IGNORE INTO foreign_seen (domain, id) SELECT domain, id FROM foreign_id;"
	 "UPDATE foreign_seen SET last_at = f.last_at, ttl = f.ttl, turn = 1 FROM foreign_id AS f"
	 " WHERE f.domain = foreign_seen.domain AND f.id = foreign_seen.id;"
	 "DROP TABLE foreign_id;"),

	/*
	 * Which records the domains of a record had before: senders of those domains may have seen every id
	 * of theirs.  And which revisions were adopted from another host: in record_id the number of such an
	 * id is negative, since senders of other domains of the record may have seen it at any time before.
	 */
	"ALTER TABLE revision ADD COLUMN adopted INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE record_former ("
	" record INTEGER NOT NULL REFERENCES record,"
	" former INTEGER NOT NULL REFERENCES record,"
	" PRIMARY KEY (record, former)) STRICT, WITHOUT ROWID;",

	/*
	 * Before which revision of a domain another host may have published what nobody here knows; 0: none,
	 * as it is said of those that were there before anybody asked.  Negative once DNS showed a record, so
	 * that finding none later proves nothing.  When a restore ended the publishing of a domain, because
	 * the copy did not have it.  And what another host served under a foreign id, where adopt was told
	 * of it.
	 */
	"ALTER TABLE domain ADD COLUMN unknown_before INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE domain ADD COLUMN restored_at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE foreign_seen ADD COLUMN mode TEXT;"
	"ALTER TABLE foreign_seen ADD COLUMN max_age INTEGER;",
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

enum err schema_check(struct sql_connection *connection, int *version)
{
	int application = 0;
	int tables = 0;
	enum err err = read_int(connection, "PRAGMA application_id", &application);

	if (err == ERR_OK)
		err = read_int(connection, "PRAGMA user_version", version);
	if (err == ERR_OK)
		err = read_int(connection, "SELECT count(*) FROM sqlite_schema", &tables);
	if (err != ERR_OK)
		return err;
	if (*version >= 0 && *version <= VERSION &&
	    (application == APPLICATION_ID || (*version == 0 && tables == 0)))
		return ERR_OK;
	log_error("store, refused (version %d of application %#x: made by a newer mta-stsd, or by another "
		  "program; this "
		  "one knows version %d): install that version again, or see \"To an older version\" in "
		  "mta-stsd(8)",
		  *version, (unsigned)application, VERSION);
	return ERR_REFUSED;
}

int schema_current(void)
{
	return VERSION;
}

enum err schema_migrate(struct sql_connection *connection, int version)
{
	enum err err = ERR_OK;

	for (int from = version; err == ERR_OK && from < VERSION; from++)
		err = take_step(connection, from);
	return err;
}

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

enum err schema_find_damage(struct sql_connection *connection, int version, struct text *why)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && why->len == 0 && i < sizeof(checks) / sizeof(*checks); i++) {
		if (version >= checks[i].since)
			err = check(connection, i, why);
	}
	return err;
}
