/* SPDX-License-Identifier: ISC */
#include "store/merge_private.h"
#include "store/records_private.h"

#include <string.h>

/* The number that a revision of the other database has here. */
#define NUMBER(number)                                                                                       \
	"(SELECT n.number FROM old.revision AS p JOIN old.domain AS d ON d.id = p.domain"                    \
	" JOIN main.domain AS e ON e.name = d.name JOIN main.revision AS n ON n.domain = e.id"               \
	" AND n.id = p.id WHERE p.number = " number ")"

/* What the copy knew is kept aside, to find what turns out to be older. */
static const char taking_over[] =
	"CREATE TEMP TABLE given AS SELECT record, id, number FROM main.record_id WHERE number > 0;"
	"INSERT INTO main.record (name) SELECT name FROM old.record WHERE true ON CONFLICT DO NOTHING;"
	"INSERT INTO main.record_former (record, former) SELECT m.id, n.id FROM old.record_former AS f"
	" JOIN old.record AS o ON o.id = f.record JOIN main.record AS m ON m.name = o.name"
	" JOIN old.record AS p ON p.id = f.former JOIN main.record AS n ON n.name = p.name WHERE true"
	" ON CONFLICT DO NOTHING;"
	"INSERT INTO main.record_id (record, id, number, at, sum)"
	" SELECT record, id, number, at, row_sum(name, id, number, at) FROM (SELECT m.id AS record,"
	" m.name AS name, r.id AS id, iif(r.number < 0, -coalesce(" NUMBER(
		"-r.number") ", 1), coalesce(" NUMBER("r.number") ", 0)) AS number, r.at AS at"
								  " FROM old.record_id AS r JOIN old.record "
								  "AS o ON o.id = r.record"
								  " JOIN main.record AS m ON m.name = o.name"
								  " WHERE r.sum IS row_sum(o.name, r.id, "
								  "r.number, r.at)) WHERE true" UNLESS_EARLIER
								  ";";

/* Where the record of each domain is, as the other database has it or else the copy. */
#define NAME_IN(database, column)                                                                            \
	"(SELECT r.name FROM " database ".domain AS d JOIN " database ".record AS r ON r.id = d." column     \
	" WHERE d.name = domain.name)"
#define PLACED(column) "coalesce(" NAME_IN("old", column) ", " NAME_IN("main", column) ")"

static const char placed[] = "CREATE TEMP TABLE placed AS SELECT name, " PLACED(
	"declared") " AS declared, " PLACED("observed") " AS observed FROM main.domain";

/* What the domains of each record publish. */
static const char members[] =
	"CREATE TEMP TABLE member AS SELECT domain.name AS domain, revision.number AS number,"
	" record.id AS record, record.name AS owner FROM main.domain JOIN main.revision"
	" ON revision.domain = domain.id AND superseded_at IS NULL JOIN main.record ON record.id ="
	" coalesce(declared, observed, (SELECT id FROM main.record AS r"
	" WHERE r.name = '_mta-sts.' || domain.name))";

static const char unseeing[] =
	"UPDATE main.revision SET seen_at = NULL FROM temp.member, temp.given, main.record_id"
	" WHERE member.number = revision.number AND given.record = member.record"
	" AND record_id.record = member.record AND record_id.id = given.id"
	" AND record_id.number < member.number AND given.number >= member.number";

static enum err each_row(struct sql_connection *copy, const char *query,
			 enum err (*each)(void *context, sqlite3_stmt *row), void *context)
{
	sqlite3_stmt *statement = NULL;
	enum err err =
		sqlite3_prepare_v2(copy->db, query, -1, &statement, NULL) == SQLITE_OK ? ERR_OK : ERR_STORE;

	while (err == ERR_OK && (err = sql_next(copy, statement)) == ERR_OK)
		err = each(context, statement);
	(void)sqlite3_finalize(statement);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err merge_choose(struct sql_connection *copy, const char *domain, time_t now, char last[ID_SIZE])
{
	char id[ID_SIZE] = "";
	bool used = true;
	enum err err = ERR_OK;

	while (err == ERR_OK && used) {
		id_next(now, id, id);
		err = sql_has(copy, SQL_RECORD_KNOWS, domain, id, &used);
		if (err == ERR_OK && !used)
			err = sql_has(copy, SQL_FOREIGN_IS_SEEN, domain, id, &used);
		if (used && strcmp(id, last) < 0)
			memcpy(id, last, ID_SIZE);
	}
	memcpy(last, id, ID_SIZE);
	return err;
}

static enum err place(void *context, sqlite3_stmt *row)
{
	const char *domain = sql_text(row, 0), *declared = sql_text(row, 1), *observed = sql_text(row, 2);
	bool clashes;

	if (domain == NULL || declared == NULL || observed == NULL)
		return ERR_NO_MEMORY;
	return records_put_place(context, domain, declared[0] != '\0' ? declared : NULL,
				 observed[0] != '\0' ? observed : NULL, &clashes);
}

/* What the copy does not publish comes as a new domain, and is placed then. */
static enum err leave(void *context, sqlite3_stmt *row)
{
	const char *domain = sql_text(row, 0);
	bool clashes;

	return domain != NULL ? records_put_place(context, domain, NULL, NULL, &clashes) : ERR_NO_MEMORY;
}

enum err merge_records(struct sql_connection *copy)
{
	static const char leaving[] =
		"SELECT name FROM temp.placed WHERE coalesce(declared, observed) IS NOT NULL AND NOT EXISTS"
		" (SELECT 1 FROM main.domain JOIN main.revision ON revision.domain = domain.id"
		" WHERE domain.name = placed.name AND superseded_at IS NULL)";
	enum err err = sql_run_text(copy, taking_over);

	if (err == ERR_OK)
		err = sql_run_text(copy, placed);
	if (err == ERR_OK)
		err = each_row(copy, "SELECT name, declared, observed FROM temp.placed", place, copy);
	return err == ERR_OK ? each_row(copy, leaving, leave, copy) : err;
}

struct settling {
	struct sql_connection *copy;
	time_t now;
	char last[ID_SIZE];
};

static enum err give(struct settling *settling, const char *domain, const char *owner, int64_t number)
{
	sqlite3_stmt *statement;
	enum err err = merge_choose(settling->copy, domain, settling->now, settling->last);

	if (err != ERR_OK)
		return err;
	statement = sql_take_of(settling->copy, SQL_RECORD_GIVE, owner);
	sql_bind_text(statement, 2, settling->last);
	(void)sqlite3_bind_int64(statement, 3, number);
	(void)sqlite3_bind_int64(statement, 4, settling->now);
	return sql_finish(settling->copy, statement);
}

static enum err settle(void *context, sqlite3_stmt *row)
{
	struct settling *settling = context;
	const char *domain = sql_text(row, 0), *owner = sql_text(row, 1);
	int64_t number = sqlite3_column_int64(row, 2), last = sqlite3_column_int64(row, 3);
	int64_t since = 0;
	char id[ID_SIZE];
	enum err err;

	if (domain == NULL || owner == NULL)
		return ERR_NO_MEMORY;
	err = records_read_newest(settling->copy, owner, id, NULL);
	if (err == ERR_OK)
		err = records_read_since(settling->copy, domain, id, &since);
	return err == ERR_OK && since < number ? give(settling, domain, owner, last) : err;
}

enum err merge_settle(struct sql_connection *copy, time_t now)
{
	static const char query[] =
		"SELECT domain, owner, number, (SELECT max(number) FROM main.revision) FROM temp.member";
	struct settling settling = { copy, now, "" };
	enum err err = sql_run_text(copy, members);

	if (err == ERR_OK)
		err = sql_run_text(copy, unseeing);
	return err == ERR_OK ? each_row(copy, query, settle, &settling) : err;
}
