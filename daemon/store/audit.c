/* SPDX-License-Identifier: ISC */
#include "store/audit.h"

#include "store/store_private.h"

#include <stdio.h>

enum err audit_put(struct store_txn *txn, const struct audit_entry *entry, int64_t *number)
{
	struct sql_connection *sql = store_txn_connection(txn);
	sqlite3_stmt *statement = sql_take(sql, SQL_AUDIT_PUT);
	enum err err;

	(void)sqlite3_bind_int64(statement, 1, entry->at);
	if (entry->uid >= 0)
		(void)sqlite3_bind_int64(statement, 2, entry->uid);
	sql_bind_text(statement, 3, entry->who);
	sql_bind_text(statement, 4, entry->command);
	sql_bind_text(statement, 5, entry->reason);
	if (entry->undoes > 0)
		(void)sqlite3_bind_int64(statement, 6, entry->undoes);
	if (entry->file != NULL) {
		sql_bind_text(statement, 7, entry->file);
		(void)sqlite3_bind_int64(statement, 8, (sqlite3_int64)entry->file_sum);
	}
	err = sql_finish(sql, statement);
	if (err == ERR_OK)
		*number = sqlite3_last_insert_rowid(sql->db);
	return err;
}

enum err audit_put_change(struct store_txn *txn, int64_t number, const struct audit_change *change)
{
	struct sql_connection *sql = store_txn_connection(txn);
	sqlite3_stmt *statement = sql_take_of(sql, SQL_AUDIT_CHANGE, change->domain);

	(void)sqlite3_bind_int64(statement, 2, number);
	if (change->before != NULL)
		sql_bind_text(statement, 3, change->before);
	sql_bind_text(statement, 4, change->after != NULL ? change->after : "");
	if (change->was.active) {
		sql_bind_text(statement, 5, mode_text(change->was.mode));
		(void)sqlite3_bind_int64(statement, 6, change->was.max_age);
		(void)sqlite3_bind_int(statement, 7, change->was.keep_mx);
		(void)sqlite3_bind_int64(statement, 8, change->was.since);
		sql_bind_text(statement, 9, change->was.who);
	}
	if (change->number > 0)
		(void)sqlite3_bind_int64(statement, 10, change->number);
	return sql_finish(sql, statement);
}

static void read_entry(sqlite3_stmt *statement, struct audit_entry *entry)
{
	*entry = (struct audit_entry){
		.number = sqlite3_column_int64(statement, 0),
		.at = (time_t)sqlite3_column_int64(statement, 1),
		.uid = sqlite3_column_type(statement, 2) != SQLITE_NULL ? sqlite3_column_int64(statement, 2)
									: -1,
		.who = sql_text(statement, 3),
		.command = sql_text(statement, 4),
		.undoes = sqlite3_column_int64(statement, 5),
		.reason = sql_text(statement, 6),
		.domains = sqlite3_column_int64(statement, 7),
	};
}

enum err audit_each(struct store *store, int64_t before, int64_t limit,
		    enum err (*each)(void *context, const struct audit_entry *entry), void *context)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take(sql, SQL_AUDIT_EACH);
	enum err err = ERR_OK;

	(void)sqlite3_bind_int64(statement, 1, before);
	(void)sqlite3_bind_int64(statement, 2, limit);
	while (sql_row(sql, statement, &err)) {
		struct audit_entry entry;

		read_entry(statement, &entry);
		err = entry.who != NULL && entry.command != NULL && entry.reason != NULL
			      ? each(context, &entry)
			      : ERR_NO_MEMORY;
	}
	return err;
}

/* A switch that cannot be read is not known. */
static void read_was(sqlite3_stmt *statement, struct audit_change *change)
{
	const char *mode = (const char *)sqlite3_column_text(statement, 4);
	const char *who = (const char *)sqlite3_column_text(statement, 8);

	change->was_known = sqlite3_column_int(statement, 3) != 0;
	if (!change->was_known || mode == NULL)
		return;
	change->was = (struct switching){
		.active = true,
		.max_age = (uint32_t)sqlite3_column_int64(statement, 5),
		.keep_mx = sqlite3_column_int(statement, 6) != 0,
		.since = (time_t)sqlite3_column_int64(statement, 7),
	};
	(void)snprintf(change->was.who, sizeof(change->was.who), "%s", who != NULL ? who : "");
	change->was_known = mode_parse(mode, &change->was.mode) == ERR_OK;
}

static enum err read_change(sqlite3_stmt *statement, struct audit_change *change)
{
	const char *after = sql_text(statement, 2);

	*change = (struct audit_change){
		.domain = sql_text(statement, 0),
		.before = (const char *)sqlite3_column_text(statement, 1),
		.after = after != NULL && *after != '\0' ? after : NULL,
	};
	read_was(statement, change);
	return change->domain != NULL && after != NULL ? ERR_OK : ERR_NO_MEMORY;
}

enum err audit_each_change(struct store *store, int64_t number, int64_t limit,
			   enum err (*each)(void *context, const struct audit_change *change), void *context)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take(sql, SQL_AUDIT_EACH_CHANGE);
	enum err err = ERR_OK;

	(void)sqlite3_bind_int64(statement, 1, number);
	(void)sqlite3_bind_int64(statement, 2, limit);
	while (sql_row(sql, statement, &err)) {
		struct audit_change change;

		err = read_change(statement, &change);
		if (err == ERR_OK)
			err = each(context, &change);
	}
	return err;
}

enum err audit_last_order(struct store *store, int64_t *number)
{
	struct sql_connection *sql = store_connection(store);

	return sql_number(sql, sql_take(sql, SQL_AUDIT_LAST_ORDER), number);
}

enum err audit_last_of(struct store *store, const char *domain, int64_t *number)
{
	struct sql_connection *sql = store_connection(store);

	return sql_number(sql, sql_take_of(sql, SQL_AUDIT_LAST_OF, domain), number);
}

enum err audit_last_file(struct store *store, struct audit_file *file)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take(sql, SQL_AUDIT_LAST_FILE);
	enum err err = sql_next(sql, statement);
	const char *name;

	if (err != ERR_OK)
		return err;
	name = (const char *)sqlite3_column_text(statement, 0);
	if (name != NULL) {
		(void)snprintf(file->name, sizeof(file->name), "%s", name);
		file->sum = (uint64_t)sqlite3_column_int64(statement, 1);
	}
	(void)sqlite3_reset(statement);
	return name != NULL ? ERR_OK : ERR_NO_MEMORY;
}
