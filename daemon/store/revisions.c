/* SPDX-License-Identifier: ISC */
#include "store/revisions.h"

#include "store/store_private.h"

#include <stdio.h>

static enum err supersede(struct sql_connection *sql, const char *domain, time_t now)
{
	sqlite3_stmt *statement = sql_take_of(sql, SQL_REVISION_SUPERSEDE, domain);

	(void)sqlite3_bind_int64(statement, 2, now);
	return sql_finish(sql, statement);
}

/* The number of a domain is 0 where only its name is known. */
static enum err put(struct sql_connection *sql, int64_t number, const char *domain, const char *id,
		    const char *text, size_t len, time_t now)
{
	sqlite3_stmt *statement = sql_take_of(sql, SQL_REVISION_PUT, domain);

	sql_bind_text(statement, 2, id);
	(void)sqlite3_bind_text64(statement, 3, text, len, SQLITE_STATIC, SQLITE_UTF8);
	(void)sqlite3_bind_int64(statement, 4, now);
	if (number > 0)
		(void)sqlite3_bind_int64(statement, 5, number);
	return sql_finish(sql, statement);
}

enum err revisions_write(struct sql_connection *sql, const char *domain, const char *id, const char *text,
			 size_t len, time_t now)
{
	enum err err = supersede(sql, domain, now);

	return err == ERR_OK ? put(sql, 0, domain, id, text, len, now) : err;
}

/* A domain of which something was superseded is there. */
enum err revisions_put(struct store_txn *txn, const char *domain, const char *id, const char *text,
		       size_t len, time_t now, int64_t *number)
{
	struct sql_connection *sql = store_txn_connection(txn);
	enum err err = supersede(sql, domain, now);

	if (err == ERR_OK && sqlite3_changes(sql->db) == 0)
		err = sql_finish(sql, sql_take_of(sql, SQL_DOMAIN_PUT, domain));
	if (err == ERR_OK)
		err = put(sql, 0, domain, id, text, len, now);
	if (err == ERR_OK)
		*number = sqlite3_last_insert_rowid(sql->db);
	return err;
}

static enum err make_domain(struct sql_connection *sql, const char *domain, const char *source,
			    int64_t *number)
{
	sqlite3_stmt *statement = sql_take_of(sql, SQL_DOMAIN_PUT, domain);
	enum err err;

	sql_bind_text(statement, 2, source);
	err = sql_finish(sql, statement);
	*number = err == ERR_OK && sqlite3_changes(sql->db) > 0 ? sqlite3_last_insert_rowid(sql->db) : 0;
	return err;
}

enum err revisions_put_first(struct store_txn *txn, const struct revision_row *row, int64_t *domain,
			     int64_t *number)
{
	struct sql_connection *sql = store_txn_connection(txn);
	enum err err = make_domain(sql, row->domain, row->source, domain);
	sqlite3_stmt *statement;

	if (err != ERR_OK || *domain == 0)
		return err;
	err = put(sql, *domain, row->domain, row->id, row->text, row->len, row->published_at);
	if (err != ERR_OK)
		return err;
	*number = sqlite3_last_insert_rowid(sql->db);
	statement = sql_take(sql, SQL_PAST_BEGIN_FIRST);
	(void)sqlite3_bind_int64(statement, 1, *domain);
	(void)sqlite3_bind_int64(statement, 2, *number);
	return sql_finish(sql, statement);
}

enum err revisions_adopt(struct store_txn *txn, const char *domain, const char *id)
{
	struct sql_connection *sql = store_txn_connection(txn);
	sqlite3_stmt *statement = sql_take_of(sql, SQL_REVISION_ADOPT, domain);
	enum err err;

	sql_bind_text(statement, 2, id);
	err = sql_finish(sql, statement);
	if (err != ERR_OK)
		return err;
	statement = sql_take_of(sql, SQL_FOREIGN_ADOPT, domain);
	sql_bind_text(statement, 2, id);
	return sql_finish(sql, statement);
}

enum err revisions_end(struct store_txn *txn, const char *domain, time_t now)
{
	return supersede(store_txn_connection(txn), domain, now);
}

enum err revisions_put_source(struct store_txn *txn, const char *domain, const char *source)
{
	struct sql_connection *sql = store_txn_connection(txn);
	sqlite3_stmt *statement = sql_take_of(sql, SQL_DOMAIN_SOURCE, domain);

	sql_bind_text(statement, 2, source);
	return sql_finish(sql, statement);
}

enum err revisions_is_used(struct store *store, const char *domain, const char *id, bool *used)
{
	return sql_has(store_connection(store), SQL_REVISION_IS_USED, domain, id, used);
}

enum err revisions_at_most(struct store *store, const char *domain, int64_t number, char id[ID_SIZE])
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take_of(sql, SQL_REVISION_AT_MOST, domain);
	const char *found;
	enum err err;

	(void)sqlite3_bind_int64(statement, 2, number);
	err = sql_next(sql, statement);
	id[0] = '\0';
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	found = sql_text(statement, 0);
	if (found != NULL)
		(void)snprintf(id, ID_SIZE, "%s", found);
	(void)sqlite3_reset(statement);
	return found != NULL ? ERR_OK : ERR_STORE;
}

enum err revisions_last(struct store *store, int64_t *number)
{
	struct sql_connection *sql = store_connection(store);

	return sql_number(sql, sql_take(sql, SQL_REVISION_LAST), number);
}

static enum err hand_row(sqlite3_stmt *statement,
			 enum err (*each)(void *context, const struct revision_row *row), void *context)
{
	const struct revision_row row = {
		.domain = (const char *)sqlite3_column_text(statement, 0),
		.source = (const char *)sqlite3_column_text(statement, 1),
		.id = (const char *)sqlite3_column_text(statement, 2),
		.text = (const char *)sqlite3_column_text(statement, 3),
		.len = (size_t)sqlite3_column_bytes(statement, 3),
		.published_at = (time_t)sqlite3_column_int64(statement, 4),
		.number = sqlite3_column_int64(statement, 5),
		.sound = sqlite3_column_int(statement, 6) != 0,
		.declared = (const char *)sqlite3_column_text(statement, 7),
		.observed = (const char *)sqlite3_column_text(statement, 8),
	};

	/* Of a damaged database a column may be missing; then the row says nothing. */
	for (int column = 0; column < 4; column++) {
		if (sqlite3_column_type(statement, column) == SQLITE_NULL)
			return ERR_OK;
	}
	return row.domain != NULL && row.source != NULL && row.id != NULL && row.text != NULL
		       ? each(context, &row)
		       : ERR_NO_MEMORY;
}

enum err revisions_each(struct store *store, enum err (*each)(void *context, const struct revision_row *row),
			void *context)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take(sql, SQL_REVISION_EACH);
	enum err err = ERR_OK;

	while (sql_row(sql, statement, &err)) {
		err = hand_row(statement, each, context);
	}
	return err;
}

enum err revisions_each_left(struct store *store,
			     enum err (*each)(void *context, const struct revision_row *row), void *context)
{
	struct sql_connection *sql = store_connection(store);
	int64_t last;
	enum err err = revisions_last(store, &last); /* there may be none yet */

	for (int64_t number = 1; err == ERR_OK && number <= last; number++) {
		sqlite3_stmt *statement = sql_take(sql, SQL_REVISION_AT);

		if (statement == NULL)
			return ERR_STORE;
		(void)sqlite3_bind_int64(statement, 1, number);
		/* Not through sql_next(): a log line for each page that cannot be read helps nobody. */
		if (sqlite3_step(statement) == SQLITE_ROW)
			err = hand_row(statement, each, context);
		(void)sqlite3_reset(statement);
	}
	return err;
}

enum err revisions_each_lost(struct store *store, enum err (*each)(void *context, const char *domain),
			     void *context)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take(sql, SQL_REVISION_EACH_LOST);
	enum err err = ERR_OK;

	while (sql_row(sql, statement, &err)) {
		const char *domain = sql_text(statement, 0);

		if (domain != NULL && *domain == '\0')
			continue; /* of nobody */
		err = domain != NULL ? each(context, domain) : ERR_NO_MEMORY;
	}
	return err;
}

static void read_row(sqlite3_stmt *statement, struct history_row *row)
{
	*row = (struct history_row){
		.number = sqlite3_column_int64(statement, 0),
		.id = sql_text(statement, 1),
		.text = sql_text(statement, 2),
		.len = (size_t)sqlite3_column_bytes(statement, 2),
		.published_at = (time_t)sqlite3_column_int64(statement, 3),
		.superseded_at = (time_t)sqlite3_column_int64(statement, 4),
		.first_served_at = (time_t)sqlite3_column_int64(statement, 5),
		.last_served_at = (time_t)sqlite3_column_int64(statement, 6),
		.fetches = sqlite3_column_int64(statement, 7),
		.seen_at = (time_t)sqlite3_column_int64(statement, 8),
		.ttl = (uint32_t)sqlite3_column_int64(statement, 9),
		.audit = sqlite3_column_int64(statement, 10),
		.command = (const char *)sqlite3_column_text(statement, 11),
		.who = (const char *)sqlite3_column_text(statement, 12),
		.reason = (const char *)sqlite3_column_text(statement, 13),
		.sound = sqlite3_column_int(statement, 14) != 0,
		.unknown_before = sqlite3_column_int(statement, 15) != 0,
	};
}

static enum err each_row(struct store *store, enum sql which, const char *domain,
			 enum err (*each)(void *context, const struct history_row *row), void *context)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take_of(sql, which, domain);
	enum err err = ERR_OK;

	while (sql_row(sql, statement, &err)) {
		struct history_row row;

		read_row(statement, &row);
		err = row.id != NULL && row.text != NULL ? each(context, &row) : ERR_NO_MEMORY;
	}
	return err;
}

enum err revisions_history(struct store *store, const char *domain,
			   enum err (*each)(void *context, const struct history_row *row), void *context)
{
	return each_row(store, SQL_HISTORY_EACH, domain, each, context);
}

enum err revisions_held(struct store *store, const char *domain,
			enum err (*each)(void *context, const struct history_row *row), void *context)
{
	return each_row(store, SQL_HISTORY_EACH_HELD, domain, each, context);
}
