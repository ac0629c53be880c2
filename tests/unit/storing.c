/* SPDX-License-Identifier: ISC */
#include "storing.h"

#include "store/revisions.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int storing_setup(void **state)
{
	struct storing *storing = calloc(1, sizeof(*storing));
	void *scratch = NULL;

	if (storing == NULL || scratch_setup(&scratch) != 0)
		return -1;
	storing->scratch = scratch;
	assert_int_equal(store_open(storing->scratch->folder, &storing->store), ERR_OK);
	*state = storing;
	return 0;
}

int storing_teardown(void **state)
{
	struct storing *storing = *state;
	void *scratch = storing->scratch;

	store_close(&storing->store);
	free(storing);
	return scratch_teardown(&scratch);
}

void storing_reopen(struct storing *storing)
{
	store_close(&storing->store);
	assert_int_equal(store_open(storing->scratch->folder, &storing->store), ERR_OK);
}

struct store_txn *storing_begin(struct storing *storing)
{
	struct store_txn *txn = NULL;

	assert_int_equal(store_begin(storing->store, &txn), ERR_OK);
	return txn;
}

void storing_commit(struct store_txn **txn)
{
	assert_int_equal(store_commit(txn), ERR_OK);
	assert_null(*txn);
}

int64_t storing_publish(struct storing *storing, const char *domain, const char *id, time_t now)
{
	struct store_txn *txn = storing_begin(storing);
	int64_t number = 0;

	assert_int_equal(revisions_put(txn, domain, id, STORING_TEXT, strlen(STORING_TEXT), now, &number),
			 ERR_OK);
	storing_commit(&txn);
	return number;
}

struct rows {
	struct storing_row *row;
	size_t count;
};

static void copy(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from != NULL ? from : "");
}

static enum err copy_row(void *context, const struct history_row *row)
{
	struct rows *rows = context;
	struct storing_row *to = &rows->row[rows->count++];

	assert_true(rows->count <= STORING_ROWS);
	assert_int_equal(row->len, strlen(row->text));
	*to = (struct storing_row){ .number = row->number,
				    .published_at = row->published_at,
				    .superseded_at = row->superseded_at,
				    .first_served_at = row->first_served_at,
				    .last_served_at = row->last_served_at,
				    .fetches = row->fetches,
				    .seen_at = row->seen_at,
				    .ttl = row->ttl,
				    .audit = row->audit };
	copy(to->id, sizeof(to->id), row->id);
	copy(to->command, sizeof(to->command), row->command);
	copy(to->who, sizeof(to->who), row->who);
	copy(to->reason, sizeof(to->reason), row->reason);
	return ERR_OK;
}

size_t storing_history(struct storing *storing, const char *domain, struct storing_row row[STORING_ROWS])
{
	struct rows rows = { .row = row };

	assert_int_equal(revisions_history(storing->store, domain, copy_row, &rows), ERR_OK);
	return rows.count;
}

struct storing_row storing_published(struct storing *storing, const char *domain)
{
	struct storing_row rows[STORING_ROWS];

	assert_true(storing_history(storing, domain, rows) > 0);
	assert_int_equal(rows[0].superseded_at, 0);
	return rows[0];
}

static sqlite3 *open_beside(const struct scratch *scratch)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(scratch_path(scratch, "mta-stsd.db"), &db), SQLITE_OK);
	return db;
}

void storing_sql(const struct scratch *scratch, const char *sql)
{
	sqlite3 *db = open_beside(scratch);

	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int64_t storing_number(const struct scratch *scratch, const char *sql)
{
	sqlite3 *db = open_beside(scratch);
	sqlite3_stmt *statement = NULL;
	int64_t value;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	value = sqlite3_column_int64(statement, 0);
	assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return value;
}
