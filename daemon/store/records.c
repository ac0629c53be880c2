/* SPDX-License-Identifier: ISC */
#include "store/records.h"

#include "store/records_private.h"
#include "store/store_private.h"

#include <stdio.h>
#include <string.h>

/* Most ids that are listed of one record. */
#define IDS_MAX 100

/* Run a statement whose parameters are a domain or record, and a record. */
static enum err run_with(struct sql_connection *sql, enum sql which, const char *name, const char *owner)
{
	sqlite3_stmt *statement = sql_take_of(sql, which, name);

	sql_bind_text(statement, 2, owner);
	return sql_finish(sql, statement);
}

static enum err has_row(struct sql_connection *sql, enum sql which, const char *domain, bool *has)
{
	sqlite3_stmt *statement = sql_take_of(sql, which, domain);
	enum err err = sql_next(sql, statement);

	*has = err == ERR_OK;
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	(void)sqlite3_reset(statement);
	return ERR_OK;
}

static enum err take_ids(struct sql_connection *sql, const char *domain, bool *clashes)
{
	bool found = false;
	enum err err = has_row(sql, SQL_RECORD_CLASHES, domain, &found);

	*clashes = *clashes || found;
	if (err == ERR_OK && found)
		err = sql_finish(sql, sql_take_of(sql, SQL_RECORD_UNSEE, domain));
	if (err == ERR_OK)
		err = sql_finish(sql, sql_take_of(sql, SQL_RECORD_HAND_DOWN_OWN, domain));
	if (err == ERR_OK)
		err = sql_finish(sql, sql_take_of(sql, SQL_RECORD_TAKE, domain));
	return err == ERR_OK ? sql_finish(sql, sql_take_of(sql, SQL_RECORD_TAKE_FOREIGN, domain)) : err;
}

static enum err read_last(struct sql_connection *sql, enum sql which, const char *owner, char id[ID_SIZE],
			  int64_t *number, int64_t *count)
{
	sqlite3_stmt *statement = sql_take_of(sql, which, owner);
	const char *last;
	enum err err = sql_next(sql, statement);

	id[0] = '\0';
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	last = sql_text(statement, 0);
	if (last != NULL)
		(void)snprintf(id, ID_SIZE, "%s", last);
	*number = sqlite3_column_int64(statement, 1);
	*count = sqlite3_column_int64(statement, 2);
	(void)sqlite3_reset(statement);
	return last != NULL ? ERR_OK : ERR_STORE;
}

/* Domains are right under the id that they were adopted with, and under no other one that was adopted. */
enum err records_read_newest(struct sql_connection *sql, const char *owner, char id[ID_SIZE], int64_t *number)
{
	char adopted[ID_SIZE];
	int64_t given = 0, adopted_at = 0, count = 0;
	enum err err = read_last(sql, SQL_RECORD_NEWEST, owner, id, &given, &count);

	if (err == ERR_OK)
		err = read_last(sql, SQL_RECORD_ADOPTED, owner, adopted, &adopted_at, &count);
	if (err != ERR_OK)
		return err;
	if (id[0] == '\0') {
		memcpy(id, adopted, sizeof(adopted));
		given = count > 1 ? INT64_MAX : 0;
	} else if (adopted_at > given) {
		given = adopted_at;
	}
	if (number != NULL)
		*number = given;
	return ERR_OK;
}

/* The domain whose own name a record has, known or not; NULL: none has it. */
static const char *domain_of(const char *owner)
{
	size_t prefix = strlen(OWNER_PREFIX);

	return strncmp(owner, OWNER_PREFIX, prefix) == 0 ? owner + prefix : NULL;
}

/* The domain whose own name it is, if there is one, has its record there without being placed. */
static enum err put(struct sql_connection *sql, const char *domain, const char *owner, bool *clashes)
{
	char id[ID_SIZE];
	enum err err;

	if (owner == NULL)
		return ERR_OK;
	err = sql_finish(sql, sql_take_of(sql, SQL_RECORD_PUT, owner));
	if (err != ERR_OK || sqlite3_changes(sql->db) == 0)
		return err;
	if (domain_of(owner) != NULL && strcmp(domain_of(owner), domain) != 0)
		err = take_ids(sql, domain_of(owner), clashes);
	if (err == ERR_OK)
		err = records_read_newest(sql, owner, id, NULL);
	return err == ERR_OK && id[0] == '\0' ? run_with(sql, SQL_RECORD_HAND_DOWN_NEWEST, domain, owner)
					      : err;
}

/* What senders of a domain saw at the records that it had or has besides is not new at this one. */
static enum err follow(struct sql_connection *sql, const char *domain, const char *owner)
{
	enum err err;

	if (owner == NULL)
		return ERR_OK;
	err = run_with(sql, SQL_RECORD_FOLLOW, domain, owner);
	return err == ERR_OK ? run_with(sql, SQL_RECORD_FOLLOW_OWN, domain, owner) : err;
}

static enum err place(struct sql_connection *sql, const char *domain, const char *declared,
		      const char *observed)
{
	sqlite3_stmt *statement = sql_take_of(sql, SQL_RECORD_PLACE, domain);

	sql_bind_text(statement, 2, declared);
	sql_bind_text(statement, 3, observed);
	return sql_finish(sql, statement);
}

/* Where the record is from now on; one that was at another has an own one. */
static enum err find_owner(struct sql_connection *sql, const char *domain, const char *named,
			   char own[OWNER_SIZE], const char **owner)
{
	bool had = false;
	enum err err = ERR_OK;

	*owner = named;
	if (named == NULL)
		err = has_row(sql, SQL_RECORD_OF, domain, &had);
	if (had)
		*owner = record_owner(domain, own);
	return err;
}

enum err records_put_place(struct sql_connection *sql, const char *domain, const char *declared,
			   const char *observed, bool *clashes)
{
	char own[OWNER_SIZE];
	const char *owner;
	enum err err = find_owner(sql, domain, declared != NULL ? declared : observed, own, &owner);

	*clashes = false;
	if (err == ERR_OK)
		err = put(sql, domain, owner, clashes);
	if (err == ERR_OK)
		err = put(sql, domain, observed, clashes);
	if (err == ERR_OK)
		err = follow(sql, domain, owner);
	if (err == ERR_OK)
		err = place(sql, domain, declared, observed);
	if (err == ERR_OK && declared != NULL && observed != NULL)
		err = follow(sql, domain, owner);
	return err == ERR_OK ? take_ids(sql, domain, clashes) : err;
}

enum err records_place(struct store_txn *txn, const char *domain, const char *declared, const char *observed,
		       bool *clashes)
{
	return records_put_place(store_txn_connection(txn), domain, declared, observed, clashes);
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

enum err records_newest(struct store *store, const char *owner, char id[ID_SIZE], int64_t *number)
{
	return records_read_newest(store_connection(store), owner, id, number);
}

enum err records_has(struct store *store, const char *owner, const char *id, bool *has)
{
	return sql_has(store_connection(store), SQL_RECORD_HAS, owner, id, has);
}

/* First what was given, in the order of numbers; what was only seen counts when that was before. */
static enum err read_given(struct sql_connection *sql, const char *domain, const char *id, int64_t *since)
{
	sqlite3_stmt *statement = sql_take_of(sql, SQL_RECORD_GIVEN, domain);
	int64_t first_at = 0;
	bool first = true, adopted = false;
	enum err err = ERR_OK;

	sql_bind_text(statement, 2, id);
	while (sql_row(sql, statement, &err)) {
		int64_t number = sqlite3_column_int64(statement, 0);
		int64_t at = sqlite3_column_int64(statement, 1);

		if (first)
			first_at = at;
		if (first || (!adopted && (number > 0 ? at == first_at : at < first_at)))
			*since = number;
		adopted = adopted || (first && sqlite3_column_int(statement, 2) == 0);
		first = false;
	}
	return err;
}

enum err records_read_since(struct sql_connection *sql, const char *domain, const char *id, int64_t *since)
{
	bool foreign = false;
	enum err err = sql_has(sql, SQL_FOREIGN_IS_SEEN, domain, id, &foreign);

	*since = 0;
	return err == ERR_OK && !foreign ? read_given(sql, domain, id, since) : err;
}

enum err records_since(struct store *store, const char *domain, const char *id, int64_t *since)
{
	return records_read_since(store_connection(store), domain, id, since);
}

enum err records_each(struct store *store, enum err (*each)(void *context, const char *owner), void *context)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take(sql, SQL_RECORD_EACH);
	enum err err = ERR_OK;

	while (sql_row(sql, statement, &err)) {
		const char *owner = sql_text(statement, 0);

		err = owner != NULL ? each(context, owner) : ERR_NO_MEMORY;
	}
	return err;
}

/* Ids that may be right for a domain. */
struct candidates {
	char id[IDS_MAX][ID_SIZE];
	size_t count;
	int64_t number; /* of what the domain publishes */
};

static enum err read_candidates(struct sql_connection *sql, const char *domain, struct candidates *candidates)
{
	sqlite3_stmt *statement = sql_take_of(sql, SQL_RECORD_EACH_SINCE, domain);
	enum err err = ERR_OK;

	(void)sqlite3_bind_int64(statement, 2, IDS_MAX);
	while (sql_row(sql, statement, &err)) {
		const char *id = sql_text(statement, 0);

		if (id == NULL)
			err = ERR_NO_MEMORY;
		else
			(void)snprintf(candidates->id[candidates->count++], ID_SIZE, "%s", id);
		candidates->number = sqlite3_column_int64(statement, 1);
	}
	return err;
}

enum err records_each_right(struct store *store, const char *domain,
			    enum err (*each)(void *context, const char *id), void *context)
{
	struct candidates candidates = { .count = 0 };
	enum err err = read_candidates(store_connection(store), domain, &candidates);

	for (size_t i = 0; err == ERR_OK && i < candidates.count; i++) {
		int64_t since = 0;

		err = records_since(store, domain, candidates.id[i], &since);
		if (err == ERR_OK && since >= candidates.number)
			err = each(context, candidates.id[i]);
	}
	return err;
}
