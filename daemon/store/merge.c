/* SPDX-License-Identifier: ISC */
#include "store/store_private.h"

#include "base/clock.h"
#include "store/merge_private.h"
#include "store/restore.h"
#include "store/schema_private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SUM "row_sum(d.name, r.id, text, published_at, superseded_at)"

/* What is published of each domain in a database, as far as it can be believed. */
#define PUBLISHED(database)                                                                                  \
	"SELECT name, r.id AS id, text FROM " database ".revision AS r JOIN " database                       \
	".domain AS d ON d.id = r.domain WHERE superseded_at IS NULL AND sum IS " SUM

static const char differing[] =
	"CREATE TEMP TABLE differing AS WITH new AS (" PUBLISHED("main") "), old AS (" PUBLISHED(
		"old") ") SELECT coalesce(new.name, old.name) AS name, old.text AS before, new.text AS after "
		       "FROM new FULL JOIN old"
		       " ON new.name = old.name WHERE old.text IS NOT new.text OR old.id IS NOT new.id";

/*
 * Whom the other state never had nobody has seen there, nor his record: he keeps the id of the copy.  A
 * domain that was ever published has its row still; one revision that is damaged may have been anybody's.
 */
static const char keeping[] =
	"DELETE FROM temp.differing WHERE name NOT IN (SELECT name FROM old.domain)"
	" AND NOT EXISTS (SELECT 1 FROM old.record AS o WHERE o.name = '_mta-sts.' || differing.name"
	" OR o.name IN (SELECT r.name FROM main.domain AS d JOIN main.record AS r"
	" ON r.id IN (d.declared, d.observed) WHERE d.name = differing.name))"
	" AND NOT EXISTS (SELECT 1 FROM old.revision AS r JOIN old.domain AS d ON d.id = r.domain"
	" WHERE sum IS NOT " SUM ")";

/* Whatever was published is replaced now, and counts as fetched until now; a damaged row stays one. */
static const char taking_over[] =
	"INSERT INTO main.domain (name, source) SELECT name, source FROM old.domain WHERE true"
	" ON CONFLICT (name) DO NOTHING;"
	"INSERT INTO main.revision (domain, id, text, published_at, superseded_at, fetches, first_served_at,"
	" last_served_at, ttl, adopted, sum) SELECT (SELECT id FROM main.domain WHERE main.domain.name = "
	"d.name), "
	"r.id, text,"
	" published_at, coalesce(superseded_at, (SELECT now FROM clock)), fetches, first_served_at,"
	" iif(superseded_at IS NULL, (SELECT now FROM clock), last_served_at), ttl, adopted,"
	" iif(sum IS " SUM ", row_sum(d.name, r.id, text, published_at,"
	" coalesce(superseded_at, (SELECT now FROM clock))), NULL)"
	" FROM old.revision AS r JOIN old.domain AS d ON d.id = r.domain WHERE NOT EXISTS"
	" (SELECT 1 FROM main.revision AS m JOIN main.domain AS n ON n.id = m.domain"
	" WHERE n.name = d.name AND m.id = r.id) ORDER BY number;"
	"INSERT INTO main.foreign_seen (domain, id, first_at, last_at, ttl, turn, mode, max_age)"
	" SELECT (SELECT id FROM main.domain WHERE main.domain.name = d.name), f.id, first_at, last_at, ttl, "
	"turn, mode, max_age"
	" FROM old.foreign_seen AS f JOIN old.domain AS d ON d.id = f.domain WHERE true"
	" ON CONFLICT (domain, id) DO UPDATE SET first_at = min(first_at, excluded.first_at),"
	" last_at = max(last_at, excluded.last_at), ttl = max(ttl, excluded.ttl),"
	" max_age = iif(mode IS NULL OR " FOREIGN_HOLD("mode", "max_age") " < " FOREIGN_HOLD(
		"excluded.mode",
		"excluded.max_age") ", coalesce(excluded.max_age, max_age), max_age),"
				    " mode = iif(mode IS NULL OR " FOREIGN_HOLD(
					    "mode",
					    "max_age") " < " FOREIGN_HOLD("excluded.mode",
									  "excluded.max_age") ", "
											      "coalesce("
											      "excluded.mode,"
											      " mode), "
											      "mode);";

/* It is opened and closed so that nothing is written into it, whatever state it is in. */
static bool is_believed(int folder, const char *name)
{
	struct sql_connection sql = { 0 };
	struct text damage = { 0 };
	struct stat status;
	int version = 0;
	bool believed = fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_size > 0 &&
			sql_open_in(&sql, folder, name) == ERR_OK && schema_check(&sql, &version) == ERR_OK &&
			version == schema_current() && schema_find_damage(&sql, version, &damage) == ERR_OK &&
			damage.len == 0;

	text_free(&damage);
	sql_close(&sql, false);
	return believed;
}

/* As the copy is opened, so that no link is followed here, either. */
static enum err attach(struct sql_connection *copy, const char *path)
{
	sqlite3_stmt *statement = NULL;
	enum err err = ERR_STORE;

	if (sqlite3_prepare_v2(copy->db, "ATTACH ?1 AS old", -1, &statement, NULL) == SQLITE_OK) {
		sql_bind_text(statement, 1, path);
		err = sql_finish(copy, statement);
	}
	(void)sqlite3_finalize(statement);
	return err;
}

static enum err take_over(struct sql_connection *copy, time_t now)
{
	char clock[80];
	enum err err;

	(void)snprintf(clock, sizeof(clock), "CREATE TEMP TABLE clock AS SELECT %" PRId64 " AS now",
		       (int64_t)now);
	err = sql_run_text(copy, clock);
	return err == ERR_OK ? sql_run_text(copy, taking_over) : err;
}

/* A text that goes back must not go back under its old id: whoever saw another text under it would keep that.
 */
static enum err publish(struct sql_connection *copy, const struct restore_change *change, time_t now,
			char last[ID_SIZE])
{
	enum err err = merge_choose(copy, change->domain, now, last);

	if (err == ERR_OK)
		err = revisions_write(copy, change->domain, last, change->after, strlen(change->after), now);
	return err == ERR_OK ? sql_finish(copy, sql_take_of(copy, SQL_RECORD_TAKE, change->domain)) : err;
}

/* Want of memory for a string is not its absence. */
static enum err read_text(sqlite3_stmt *statement, int column, const char **text)
{
	bool there = sqlite3_column_type(statement, column) != SQLITE_NULL;

	*text = (const char *)sqlite3_column_text(statement, column);
	return there == (*text != NULL) ? ERR_OK : ERR_NO_MEMORY;
}

static enum err read_change(sqlite3_stmt *statement, struct restore_change *change)
{
	enum err err = read_text(statement, 0, &change->domain);

	if (err == ERR_OK)
		err = read_text(statement, 1, &change->before);
	return err == ERR_OK ? read_text(statement, 2, &change->after) : err;
}

static enum err publish_all(struct sql_connection *copy,
			    void (*each)(void *context, const struct restore_change *change), void *context,
			    time_t now)
{
	static const char query[] = "SELECT name, before, after FROM differing ORDER BY name";
	sqlite3_stmt *statement = NULL;
	char last[ID_SIZE] = "";
	enum err err =
		sqlite3_prepare_v2(copy->db, query, -1, &statement, NULL) == SQLITE_OK ? ERR_OK : ERR_STORE;

	while (err == ERR_OK && (err = sql_next(copy, statement)) == ERR_OK) {
		struct restore_change change;

		err = read_change(statement, &change);
		if (err == ERR_OK)
			each(context, &change);
		if (err == ERR_OK && change.after != NULL)
			err = publish(copy, &change, now, last);
	}
	(void)sqlite3_finalize(statement);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err merge_run(struct sql_connection *copy, int folder, const char *name,
		   void (*each)(void *context, const struct restore_change *change), void *context,
		   bool *merged)
{
	time_t now = clock_now();
	char path[SQL_PATH_SIZE];
	enum err err;

	*merged = is_believed(folder, name);
	if (!*merged)
		return ERR_OK;
	err = attach(copy, sql_path_in(folder, name, path));
	if (err == ERR_OK)
		err = sql_run_text(copy, differing);
	if (err == ERR_OK)
		err = sql_run_text(copy, keeping);
	if (err == ERR_OK)
		err = sql_run_text(copy, "BEGIN IMMEDIATE");
	if (err == ERR_OK)
		err = take_over(copy, now);
	if (err == ERR_OK)
		err = merge_past(copy);
	if (err == ERR_OK)
		err = merge_records(copy);
	if (err == ERR_OK)
		err = publish_all(copy, each, context, now);
	if (err == ERR_OK)
		err = merge_comeback(copy);
	if (err == ERR_OK)
		err = merge_settle(copy, now);
	if (err == ERR_OK)
		err = sql_run_text(copy, "COMMIT");
	return err == ERR_OK ? sql_run_text(copy, "DETACH old") : err;
}
