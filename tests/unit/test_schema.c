/* SPDX-License-Identifier: ISC */
#include "storing.h"

#include "store/audit.h"
#include "store/observations.h"
#include "store/revisions.h"
#include "store/switches.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SQL_TEXT                                                                                             \
	"version: STSv1' || char(13, 10) || 'mode: none' || char(13, 10) || 'max_age: 86400' || char(13, "   \
	"10) || '"

static struct store *open_store(const struct scratch *scratch)
{
	struct store *store = NULL;

	assert_int_equal(store_open(scratch->folder, &store), ERR_OK);
	return store;
}

static void put(struct store *store, const char *domain, const char *id)
{
	struct storing storing = { .store = store };

	(void)storing_publish(&storing, domain, id, 1000);
}

/* The one published revision. */
static enum err check_one(void *context, const struct revision_row *row)
{
	assert_string_equal(row->domain, "a.example");
	assert_string_equal(row->source, "/d/a.conf");
	assert_string_equal(row->id, context);
	assert_string_equal(row->text, STORING_TEXT);
	return ERR_OK;
}

static void assert_published(struct store *store, const char *id)
{
	assert_int_equal(revisions_each(store, check_one, (void *)(uintptr_t)id), ERR_OK);
}

static enum err copy_switch(void *context, const char *domain, const struct switching *switching)
{
	assert_string_equal(domain, "a.example");
	*(struct switching *)context = *switching;
	return ERR_OK;
}

/* All that the version of the database before evidence was kept said. */
static const char *const first_schema =
	"PRAGMA application_id = 1834177619; PRAGMA user_version = 1;"
	"CREATE TABLE store (generation INTEGER NOT NULL) STRICT;"
	"INSERT INTO store VALUES (41);"
	"CREATE TABLE domain (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, source TEXT NOT NULL) "
	"STRICT;"
	"CREATE TABLE revision (number INTEGER PRIMARY KEY AUTOINCREMENT,"
	" domain INTEGER NOT NULL REFERENCES domain, id TEXT NOT NULL, text TEXT NOT NULL,"
	" published_at INTEGER NOT NULL, superseded_at INTEGER, UNIQUE (domain, id)) STRICT;"
	"CREATE UNIQUE INDEX revision_current ON revision (domain) WHERE superseded_at IS NULL;"
	"CREATE TABLE switch (domain INTEGER PRIMARY KEY REFERENCES domain, mode TEXT NOT NULL,"
	" max_age INTEGER NOT NULL, keep_mx INTEGER NOT NULL, since INTEGER NOT NULL,"
	" who TEXT NOT NULL) STRICT;"
	"CREATE TABLE audit (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, uid INTEGER,"
	" who TEXT NOT NULL, command TEXT NOT NULL, reason TEXT NOT NULL) STRICT;"
	"CREATE TABLE audit_change (audit INTEGER NOT NULL REFERENCES audit,"
	" domain INTEGER NOT NULL REFERENCES domain, before TEXT, after TEXT NOT NULL,"
	" PRIMARY KEY (audit, domain)) STRICT, WITHOUT ROWID;";

static const char *const first_rows =
	"INSERT INTO domain VALUES (1, 'a.example', '/d/a.conf');"
	"INSERT INTO revision VALUES (1, 1, '1', 'version: STSv1', 500, 1000);"
	"INSERT INTO revision VALUES (2, 1, '2', '" SQL_TEXT "', 1000, NULL);"
	"INSERT INTO switch VALUES (1, 'none', 86400, 1, 1000, 'root (uid 0)');"
	"INSERT INTO audit VALUES (1, 500, NULL, 'start', 'reload', '');"
	"INSERT INTO audit VALUES (2, 1000, 0, 'root (uid 0)', 'none', 'moving');"
	"INSERT INTO audit_change VALUES (1, 1, NULL, '1');"
	"INSERT INTO audit_change VALUES (2, 1, '1', '2');";

struct past {
	char list[256];
	time_t last_served_at;
};

static enum err note_past(void *context, const struct history_row *row)
{
	struct past *past = context;
	size_t len = strlen(past->list);

	(void)snprintf(past->list + len, sizeof(past->list) - len, "%s %lld %lld %s, ", row->id,
		       (long long)row->published_at, (long long)row->superseded_at, row->command);
	assert_true(past->last_served_at == 0 || past->last_served_at == row->last_served_at);
	past->last_served_at = row->last_served_at;
	return row->fetches == 0 && row->seen_at == 0 && row->ttl == 0 ? ERR_OK : ERR_STORE;
}

static enum err note_known(void *context, const struct audit_change *change)
{
	unsigned *unknown = context;

	*unknown += !change->was_known;
	return ERR_OK;
}

static void an_older_database_keeps_all_it_had(void **state)
{
	struct switching found = { 0 };
	struct past past = { 0 };
	struct store *store;
	unsigned unknown = 0;

	storing_sql(*state, first_schema);
	storing_sql(*state, first_rows);
	store = open_store(*state);

	assert_published(store, "2");
	assert_int_equal(switches_each(store, copy_switch, &found), ERR_OK);
	assert_true(found.active && found.keep_mx && found.mode == MODE_NONE && found.since == 1000);
	assert_int_equal(revisions_history(store, "a.example", note_past, &past), ERR_OK);
	assert_string_equal(past.list, "2 1000 0 none, 1 500 1000 reload, ");
	assert_int_equal(audit_each_change(store, 2, -1, note_known, &unknown), ERR_OK);
	assert_int_equal(unknown, 1);
	put(store, "a.example", "3");
	assert_published(store, "3");
	store_close(&store);
}

static void nobody_knows_what_was_fetched_before_an_upgrade(void **state)
{
	time_t before = time(NULL);
	struct past past = { 0 };
	struct store *store;

	storing_sql(*state, first_schema);
	storing_sql(*state, first_rows);
	store = open_store(*state);

	assert_int_equal(revisions_history(store, "a.example", note_past, &past), ERR_OK);
	assert_true(past.last_served_at >= before && past.last_served_at <= time(NULL));
	store_close(&store);
}

static void a_new_database_knows_that_nothing_was_fetched(void **state)
{
	struct store *store = open_store(*state);
	struct past past = { 0 };

	put(store, "a.example", "1");
	assert_int_equal(revisions_history(store, "a.example", note_past, &past), ERR_OK);

	assert_int_equal(past.last_served_at, 0);
	store_close(&store);
}

/* What makes a database of today one of version 4, before records could be shared. */
static const char *const fourth_schema =
	"CREATE TABLE d4 (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, source TEXT NOT NULL) STRICT;"
	"INSERT INTO d4 SELECT id, name, source FROM domain; DROP TABLE domain;"
	"ALTER TABLE d4 RENAME TO domain; DROP TABLE record_former; DROP TABLE record_id;"
	" DROP TABLE record; DROP TABLE foreign_seen; ALTER TABLE revision DROP COLUMN adopted;"
	"CREATE TABLE foreign_seen (domain INTEGER NOT NULL REFERENCES domain, id TEXT NOT NULL,"
	" PRIMARY KEY (domain, id)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE foreign_id (domain INTEGER PRIMARY KEY REFERENCES domain, id TEXT NOT NULL,"
	" last_at INTEGER NOT NULL, ttl INTEGER NOT NULL) STRICT;"
	"PRAGMA user_version = 4;";

static void what_stood_in_dns_is_known_after_an_upgrade(void **state)
{
	struct store *store = open_store(*state);
	struct foreign foreign;
	bool seen = false;

	put(store, "a.example", "1");
	store_close(&store);
	storing_sql(*state, fourth_schema);
	storing_sql(*state, "INSERT INTO foreign_seen VALUES (1, 'v1'), (1, 'v2'), (1, 'v3');"
			    "INSERT INTO foreign_id VALUES (1, 'v2', 5000, 300);"
			    "UPDATE domain SET source = '/d/a.conf'");
	store = open_store(*state);

	assert_published(store, "1");
	assert_int_equal(observations_last_foreign(store, "a.example", &foreign), ERR_OK);
	assert_string_equal(foreign.id, "v2");
	assert_int_equal(foreign.last_at, 5000);
	assert_int_equal(foreign.ttl, 300);
	assert_int_equal(observations_is_foreign(store, "a.example", "v3", &seen), ERR_OK);
	assert_true(seen);
	store_close(&store);
}

static void an_upgrade_that_fails_half_way_can_be_repeated(void **state)
{
	struct store *store = NULL;

	storing_sql(*state, first_schema);
	storing_sql(*state, first_rows);
	storing_sql(*state, "CREATE TABLE observation_server (in_the_way INTEGER)");
	assert_int_equal(store_open(((struct scratch *)*state)->folder, &store), ERR_STORE);
	assert_int_equal(storing_number(*state, "SELECT user_version FROM pragma_user_version"), 1);

	storing_sql(*state, "DROP TABLE observation_server");
	store = open_store(*state);
	assert_published(store, "2");
	store_close(&store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_older_database_keeps_all_it_had),
		TEST(nobody_knows_what_was_fetched_before_an_upgrade),
		TEST(a_new_database_knows_that_nothing_was_fetched),
		TEST(what_stood_in_dns_is_known_after_an_upgrade),
		TEST(an_upgrade_that_fails_half_way_can_be_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
