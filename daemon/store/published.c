/* SPDX-License-Identifier: ISC */
#include "store/published.h"

#include "base/text.h"
#include "store/row_sum_private.h"
#include "store/store_private.h"

/* So many numbers may be out of use for each that is not. */
#define SPARSE_MAX   4
#define SPARSE_FIRST 1000

enum err published_last(struct store *store, int64_t *last, bool *dense)
{
	struct sql_connection *sql = store_connection(store);
	int64_t count = 0;
	enum err err = sql_number(sql, sql_take(sql, SQL_DOMAIN_LAST), last);

	if (err == ERR_OK)
		err = sql_number(sql, sql_take(sql, SQL_DOMAIN_TOTAL), &count);
	*dense = *last >= 0 && *last <= SPARSE_MAX * count + SPARSE_FIRST;
	return err;
}

static bool is_null(sqlite3_stmt *statement, int column)
{
	return sqlite3_column_type(statement, column) == SQLITE_NULL;
}

static enum err hand_domain(sqlite3_stmt *statement,
			    enum err (*each)(void *context, const struct published_domain *domain),
			    void *context)
{
	const struct published_domain domain = {
		.domain = sqlite3_column_int64(statement, 0),
		.name = (const char *)sqlite3_column_text(statement, 1),
		.source = (const char *)sqlite3_column_text(statement, 2),
		.declared = (const char *)sqlite3_column_text(statement, 3),
		.observed = (const char *)sqlite3_column_text(statement, 4),
	};

	/* Of a damaged row a column may be missing; then it says nothing. */
	if (is_null(statement, 1) || is_null(statement, 2))
		return ERR_OK;
	return domain.name != NULL && domain.source != NULL ? each(context, &domain) : ERR_NO_MEMORY;
}

enum err published_each_domain(struct store *store,
			       enum err (*each)(void *context, const struct published_domain *domain),
			       void *context)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take(sql, SQL_DOMAIN_EACH);
	enum err err = ERR_OK;

	while (sql_row(sql, statement, &err))
		err = hand_domain(statement, each, context);
	return err;
}

static enum err hand_row(sqlite3_stmt *statement,
			 enum err (*each)(void *context, const struct published_row *row), void *context)
{
	const struct published_row row = {
		.domain = sqlite3_column_int64(statement, 0),
		.id = (const char *)sqlite3_column_text(statement, 1),
		.text = (const char *)sqlite3_column_text(statement, 2),
		.len = (size_t)sqlite3_column_bytes(statement, 2),
		.published_at = (time_t)sqlite3_column_int64(statement, 3),
		.number = sqlite3_column_int64(statement, 5),
		.statement = statement,
	};

	if (is_null(statement, 1) || is_null(statement, 2))
		return ERR_OK;
	return row.id != NULL && row.text != NULL ? each(context, &row) : ERR_NO_MEMORY;
}

enum err published_each_row(struct store *store,
			    enum err (*each)(void *context, const struct published_row *row), void *context)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement;
	int64_t revisions, domains = 0;
	enum err err = sql_number(sql, sql_take(sql, SQL_REVISION_LAST), &revisions);

	if (err == ERR_OK)
		err = sql_number(sql, sql_take(sql, SQL_DOMAIN_TOTAL), &domains);
	if (err != ERR_OK)
		return err;
	/* A long past is not gone through for what is published of it. */
	statement = sql_take(sql, revisions <= SPARSE_MAX * domains + SPARSE_FIRST ? SQL_REVISION_SCAN
										   : SQL_REVISION_PICK);
	while (sql_row(sql, statement, &err))
		err = hand_row(statement, each, context);
	return err;
}

enum err published_each_name(struct store *store, enum err (*each)(void *context, int64_t domain),
			     void *context)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take(sql, SQL_DOMAIN_NUMBERS);
	enum err err = ERR_OK;

	while (sql_row(sql, statement, &err))
		err = each(context, sqlite3_column_int64(statement, 0));
	return err;
}

bool published_is_sound(const struct published_row *row, const char *name)
{
	uint64_t sum = row_sum_text(TEXT_SUM_EMPTY, name);

	for (int column = 1; column <= 4; column++)
		sum = row_sum_column(sum, row->statement, column);
	return !is_null(row->statement, 6) && (uint64_t)sqlite3_column_int64(row->statement, 6) == sum;
}

enum err published_is_lost(struct store *store, int64_t domain, bool *lost)
{
	struct sql_connection *sql = store_connection(store);
	sqlite3_stmt *statement = sql_take(sql, SQL_REVISION_IS_LOST);
	int64_t found = 0;
	enum err err;

	(void)sqlite3_bind_int64(statement, 1, domain);
	err = sql_number(sql, statement, &found);
	*lost = found != 0;
	return err;
}
