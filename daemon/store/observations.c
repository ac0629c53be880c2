/* SPDX-License-Identifier: ISC */
#include "store/observations.h"

#include "store/store_private.h"

#include <stdio.h>
#include <string.h>

/* Run a statement whose first two parameters are a domain and a string. */
static enum err run_with_id(struct sql_connection *sql, enum sql which, const char *domain, const char *id,
			    int64_t number)
{
	sqlite3_stmt *statement = sql_take_of(sql, which, domain);

	sql_bind_text(statement, 2, id);
	(void)sqlite3_bind_int64(statement, 3, number);
	return sql_finish(sql, statement);
}

enum err observations_put_foreign(struct store_txn *txn, const char *domain, const char *id, time_t now,
				  uint32_t ttl)
{
	struct sql_connection *sql = store_txn_connection(txn);
	sqlite3_stmt *statement = sql_take_of(sql, SQL_FOREIGN_PUT, domain);
	enum err err;

	sql_bind_text(statement, 2, id);
	(void)sqlite3_bind_int64(statement, 3, now);
	(void)sqlite3_bind_int64(statement, 4, ttl);
	err = sql_finish(sql, statement);
	if (err == ERR_OK && sqlite3_changes(sql->db) > 0)
		err = sql_finish(sql, sql_take_of(sql, SQL_FOREIGN_CUT, domain));
	return err == ERR_OK ? run_with_id(sql, SQL_RECORD_NOTE_FOREIGN, domain, id, 0) : err;
}

enum err observations_has_foreign(struct store *store, const char *domain, bool *any)
{
	struct sql_connection *sql = store_connection(store);
	int64_t value = 0;
	enum err err = sql_number(sql, sql_take_of(sql, SQL_FOREIGN_IS_ANY, domain), &value);

	*any = value != 0;
	return err;
}

enum err observations_last_foreign(struct store *store, const char *domain, struct foreign *foreign)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take_of(sql, SQL_FOREIGN_LAST, domain);
	const char *id;
	enum err err;

	*foreign = (struct foreign){ 0 };
	err = sql_next(sql, statement);
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	id = (const char *)sqlite3_column_text(statement, 0);
	(void)snprintf(foreign->id, sizeof(foreign->id), "%s", id != NULL ? id : "?");
	foreign->last_at = (time_t)sqlite3_column_int64(statement, 1);
	foreign->ttl = (uint32_t)sqlite3_column_int64(statement, 2);
	(void)sqlite3_reset(statement);
	return ERR_OK;
}

enum err observations_tell_foreign(struct store_txn *txn, const char *domain, const struct foreign_told *told)
{
	struct sql_connection *sql = store_txn_connection(txn);
	enum err err = observations_put_foreign(txn, domain, told->id, told->last_at, told->ttl);
	sqlite3_stmt *statement;

	if (err != ERR_OK)
		return err;
	statement = sql_take_of(sql, SQL_FOREIGN_TELL, domain);
	sql_bind_text(statement, 2, told->id);
	sql_bind_text(statement, 3, mode_text(told->mode));
	(void)sqlite3_bind_int64(statement, 4, told->max_age);
	return sql_finish(sql, statement);
}

enum err observations_each_told(struct store *store, const char *domain,
				enum err (*each)(void *context, const struct foreign_told *told),
				void *context)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take_of(sql, SQL_FOREIGN_EACH_TOLD, domain);
	enum err err = ERR_OK;

	while (sql_row(sql, statement, &err)) {
		struct foreign_told told = { .id = sql_text(statement, 0),
					     .last_at = (time_t)sqlite3_column_int64(statement, 1),
					     .ttl = (uint32_t)sqlite3_column_int64(statement, 2),
					     .max_age = (uint32_t)sqlite3_column_int64(statement, 4) };
		const char *mode = sql_text(statement, 3);

		if (mode != NULL && mode_parse(mode, &told.mode) != ERR_OK)
			told.mode = MODE_UNKNOWN;
		err = told.id != NULL && mode != NULL ? each(context, &told) : ERR_NO_MEMORY;
	}
	return err;
}

enum err observations_is_told(struct store *store, const char *domain, const char *id, bool *told)
{
	return sql_has(store_connection(store), SQL_FOREIGN_IS_TOLD, domain, id, told);
}

enum err observations_is_foreign(struct store *store, const char *domain, const char *id, bool *seen)
{
	return sql_has(store_connection(store), SQL_FOREIGN_IS_SEEN, domain, id, seen);
}

static enum err put_server(struct sql_connection *sql, const char *domain, size_t place,
			   const struct observed_answer *server)
{
	sqlite3_stmt *statement = sql_take_of(sql, SQL_OBSERVATION_PUT_SERVER, domain);

	(void)sqlite3_bind_int64(statement, 2, (sqlite3_int64)place);
	sql_bind_text(statement, 3, server->server);
	sql_bind_text(statement, 4, server->address);
	sql_bind_text(statement, 5, verdict_text(server->verdict));
	(void)sqlite3_bind_int64(statement, 6, server->ttl);
	sql_bind_text(statement, 7, server->said);
	sql_bind_text(statement, 8, record_named_text(server->named));
	sql_bind_text(statement, 9, server->other_id != NULL ? server->other_id : "");
	sql_bind_text(statement, 10, server->beside != NULL ? server->beside : "");
	return sql_finish(sql, statement);
}

static enum err put_look(struct sql_connection *sql, const char *domain,
			 const struct observation *observation)
{
	sqlite3_stmt *statement = sql_take_of(sql, SQL_OBSERVATION_PUT, domain);

	(void)sqlite3_bind_int64(statement, 2, observation->at);
	sql_bind_text(statement, 3, observation->id);
	sql_bind_text(statement, 4, verdict_text(observation->verdict));
	sql_bind_text(statement, 5, observation->error);
	(void)sqlite3_bind_int64(statement, 6, observation->verdict == VERDICT_RIGHT ? observation->at : 0);
	(void)sqlite3_bind_int(statement, 7, observation->keeps);
	return sql_finish(sql, statement);
}

/*
 * An id that somebody still sees, or sees again, keeps the policy alive that was published under it: nothing
 * younger covers it any more.  One that this host never published may be of a time that the store does not
 * know, so nothing covers that.
 */
static enum err note_id(struct store_txn *txn, const char *domain, const struct observation *observation,
			const char *id, uint32_t ttl)
{
	struct sql_connection *sql = store_txn_connection(txn);
	enum err err = run_with_id(sql, SQL_REVISION_TTL, domain, id, ttl);

	if (err == ERR_OK && strcmp(id, observation->id) != 0) {
		err = run_with_id(sql, SQL_REVISION_SEE_LIKE_NEWER, domain, id, 0);
		if (err == ERR_OK)
			err = run_with_id(sql, SQL_REVISION_UNSEE_AFTER, domain, id, 0);
	}
	return err == ERR_OK ? observations_put_foreign(txn, domain, id, observation->at, ttl) : err;
}

static enum err note_ids(struct store_txn *txn, const char *domain, const struct observation *observation)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < observation->server_count; i++) {
		const struct observed_answer *server = &observation->server[i];

		for (size_t j = 0; err == ERR_OK && j < server->id_count; j++)
			err = note_id(txn, domain, observation, server->id[j], server->ttl);
	}
	return err;
}

static enum err note_verdict(struct sql_connection *sql, const char *domain,
			     const struct observation *observation)
{
	if (observation->verdict == VERDICT_RIGHT)
		return run_with_id(sql, SQL_REVISION_SEE, domain, observation->id, observation->at);
	return observation->keeps ? ERR_OK : run_with_id(sql, SQL_REVISION_UNSEE, domain, NULL, 0);
}

enum err observations_put(struct store_txn *txn, const char *domain, const struct observation *observation)
{
	struct sql_connection *sql = store_txn_connection(txn);
	enum err err = put_look(sql, domain, observation);

	if (err == ERR_OK)
		err = run_with_id(sql, SQL_OBSERVATION_REMOVE_SERVERS, domain, NULL, 0);
	for (size_t i = 0; err == ERR_OK && i < observation->server_count; i++)
		err = put_server(sql, domain, i, &observation->server[i]);
	if (err == ERR_OK)
		err = note_ids(txn, domain, observation);
	if (err == ERR_OK)
		err = note_verdict(sql, domain, observation);
	return err;
}

/* Want of memory for the word is no damage. */
static enum err read_verdict(sqlite3_stmt *statement, int column, enum verdict *verdict)
{
	bool there = sqlite3_column_type(statement, column) != SQLITE_NULL;
	const char *word = (const char *)sqlite3_column_text(statement, column);

	*verdict = VERDICT_UNKNOWN;
	if (word != NULL)
		(void)verdict_parse(word, verdict);
	return there && word == NULL ? ERR_NO_MEMORY : ERR_OK;
}

enum err observations_last(struct store *store, const char *domain,
			   enum err (*call)(void *context, const struct observation *observation),
			   void *context)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take_of(sql, SQL_OBSERVATION_LAST, domain);
	struct observation observation = { 0 };
	enum err err;

	err = sql_next(sql, statement);
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	observation.at = (time_t)sqlite3_column_int64(statement, 0);
	observation.id = sql_text(statement, 1);
	err = read_verdict(statement, 2, &observation.verdict);
	observation.error = sql_text(statement, 3);
	observation.right_at = (time_t)sqlite3_column_int64(statement, 4);
	/* A damaged row says nothing, so it is as if nobody had been heard. */
	if (observation.verdict == VERDICT_UNKNOWN || observation.verdict == VERDICT_SKIPPED ||
	    sqlite3_column_type(statement, 1) == SQLITE_NULL ||
	    sqlite3_column_type(statement, 3) == SQLITE_NULL)
		observation.verdict = VERDICT_UNREACHABLE;
	if (observation.id == NULL || observation.error == NULL)
		err = ERR_NO_MEMORY;
	if (err == ERR_OK)
		err = call(context, &observation);
	(void)sqlite3_reset(statement);
	return err;
}

enum err observations_each_server(struct store *store, const char *domain,
				  enum err (*each)(void *context, const struct observed_answer *server),
				  void *context)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take_of(sql, SQL_OBSERVATION_EACH_SERVER, domain);
	enum err err = ERR_OK;

	while (sql_row(sql, statement, &err)) {
		struct observed_answer server = {
			.server = sql_text(statement, 0),
			.address = sql_text(statement, 1),
			.ttl = (uint32_t)sqlite3_column_int64(statement, 3),
			.said = sql_text(statement, 4),
			.other_id = sql_text(statement, 6),
			.beside = sql_text(statement, 7),
		};
		const char *named = sql_text(statement, 5);
		char parsed[ID_SIZE];

		err = read_verdict(statement, 2, &server.verdict);
		if (server.server == NULL || server.address == NULL || server.said == NULL ||
		    server.other_id == NULL || server.beside == NULL || named == NULL)
			err = ERR_NO_MEMORY;
		else
			(void)record_named_parse(named, &server.named);
		/* Of a look from before there was such a column. */
		if (err == ERR_OK && server.verdict == VERDICT_OLD_ID && server.other_id[0] == '\0' &&
		    record_parse(server.said, parsed) == ERR_OK)
			server.other_id = parsed;
		if (err == ERR_OK)
			err = each(context, &server);
	}
	return err;
}

enum err observations_remove(struct store_txn *txn, const char *domain)
{
	struct sql_connection *sql = store_txn_connection(txn);
	enum err err = run_with_id(sql, SQL_OBSERVATION_REMOVE_SERVERS, domain, NULL, 0);

	return err == ERR_OK ? run_with_id(sql, SQL_OBSERVATION_REMOVE, domain, NULL, 0) : err;
}
