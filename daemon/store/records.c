/* SPDX-License-Identifier: ISC */
#include "store/records.h"

#include "store/observations.h"
#include "store/store_private.h"

#include <stdio.h>
#include <string.h>

static enum err find_clashes(struct sql_connection *sql, const char *domain, bool *clashes)
{
	sqlite3_stmt *statement = sql_take_of(sql, SQL_RECORD_CLASHES, domain);
	enum err err = sql_next(sql, statement);

	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	(void)sqlite3_reset(statement);
	*clashes = true;
	return sql_finish(sql, sql_take_of(sql, SQL_RECORD_UNSEE, domain));
}

static enum err take_ids(struct sql_connection *sql, const char *domain, bool *clashes)
{
	enum err err = find_clashes(sql, domain, clashes);

	if (err == ERR_OK)
		err = sql_finish(sql, sql_take_of(sql, SQL_RECORD_TAKE, domain));
	return err == ERR_OK ? sql_finish(sql, sql_take_of(sql, SQL_RECORD_TAKE_FOREIGN, domain)) : err;
}

/* The domain whose own name it is, if there is one, has its record there without being placed. */
static enum err put(struct sql_connection *sql, const char *owner, bool *clashes)
{
	size_t prefix = strlen(OWNER_PREFIX);
	enum err err;

	if (owner == NULL)
		return ERR_OK;
	err = sql_finish(sql, sql_take_of(sql, SQL_RECORD_PUT, owner));
	if (err != ERR_OK || sqlite3_changes(sql->db) == 0 || strncmp(owner, OWNER_PREFIX, prefix) != 0)
		return err;
	return take_ids(sql, owner + prefix, clashes);
}

static enum err place(struct sql_connection *sql, const char *domain, const char *declared,
		      const char *observed)
{
	sqlite3_stmt *statement = sql_take_of(sql, SQL_RECORD_PLACE, domain);

	sql_bind_text(statement, 2, declared);
	sql_bind_text(statement, 3, observed);
	return sql_finish(sql, statement);
}

enum err records_leave(struct store_txn *txn, const char *domain)
{
	return place(store_txn_connection(txn), domain, NULL, NULL);
}

enum err records_place(struct store_txn *txn, const char *domain, const char *declared, const char *observed,
		       bool *clashes)
{
	struct sql_connection *sql = store_txn_connection(txn);
	enum err err;

	*clashes = false;
	err = put(sql, declared, clashes);
	if (err == ERR_OK)
		err = put(sql, observed, clashes);
	if (err == ERR_OK)
		err = place(sql, domain, declared, observed);
	return err == ERR_OK ? take_ids(sql, domain, clashes) : err;
}

enum err records_give(struct store_txn *txn, const char *owner, const char *id, const struct id_given *given)
{
	struct sql_connection *sql = store_txn_connection(txn);
	sqlite3_stmt *statement = sql_take_of(sql, SQL_RECORD_GIVE, owner);

	sql_bind_text(statement, 2, id);
	(void)sqlite3_bind_int64(statement, 3, given->number);
	(void)sqlite3_bind_int64(statement, 4, given->at);
	return sql_finish(sql, statement);
}

enum err records_newest(struct store *store, const char *owner, char id[ID_SIZE])
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take_of(sql, SQL_RECORD_NEWEST, owner);
	const char *newest;
	enum err err = sql_next(sql, statement);

	id[0] = '\0';
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	newest = sql_text(statement, 0);
	if (newest != NULL)
		(void)snprintf(id, ID_SIZE, "%s", newest);
	(void)sqlite3_reset(statement);
	return newest != NULL ? ERR_OK : ERR_STORE;
}

enum err records_has(struct store *store, const char *owner, const char *id, bool *has)
{
	return sql_has(store_connection(store), SQL_RECORD_HAS, owner, id, has);
}

/* Read what a statement knows of an id; found stays NULL when it is nothing. */
static enum err read_given(struct sql_connection *sql, enum sql which, const char *domain, const char *id,
			   struct id_given *given, const struct id_given **found)
{
	sqlite3_stmt *statement = sql_take_of(sql, which, domain);
	enum err err;

	sql_bind_text(statement, 2, id);
	err = sql_next(sql, statement);
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	*given = (struct id_given){ .number = sqlite3_column_int64(statement, 0),
				    .at = (time_t)sqlite3_column_int64(statement, 1) };
	*found = given;
	(void)sqlite3_reset(statement);
	return ERR_OK;
}

enum err records_since(struct store *store, const char *domain, const char *id, int64_t *since)
{
	struct sql_connection *sql = store_connection(store);
	const struct id_given *own = NULL, *shared = NULL;
	struct id_given given[2];
	bool foreign = false;
	enum err err = observations_is_foreign(store, domain, id, &foreign);

	*since = 0;
	if (err == ERR_OK)
		err = read_given(sql, SQL_REVISION_GIVEN, domain, id, &given[0], &own);
	if (err == ERR_OK)
		err = read_given(sql, SQL_RECORD_GIVEN, domain, id, &given[1], &shared);
	if (err == ERR_OK && !foreign)
		*since = id_since(own, shared);
	return err;
}

static enum err each_text(struct sql_connection *sql, sqlite3_stmt *statement,
			  enum err (*each)(void *context, const char *text), void *context)
{
	enum err err = ERR_OK;

	while (sql_row(sql, statement, &err)) {
		const char *text = sql_text(statement, 0);

		err = text != NULL ? each(context, text) : ERR_NO_MEMORY;
	}
	return err;
}

enum err records_each(struct store *store, enum err (*each)(void *context, const char *owner), void *context)
{
	struct sql_connection *sql = store_connection(store);

	return each_text(sql, sql_take(sql, SQL_RECORD_EACH), each, context);
}

enum err records_each_right(struct store *store, const char *domain,
			    enum err (*each)(void *context, const char *id), void *context)
{
	struct sql_connection *sql = store_connection(store);

	return each_text(sql, sql_take_of(sql, SQL_RECORD_EACH_RIGHT, domain), each, context);
}
