/* SPDX-License-Identifier: ISC */
#include "hosting.h"

#include "base/clock.h"
#include "core/registry_load.h"
#include "core/registry_private.h"
#include "evidence/looks.h"
#include "store/past.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

time_t hosting_now = HOSTING_NOW;

__typeof__(clock_now) __wrap_clock_now;

time_t __wrap_clock_now(void)
{
	return hosting_now;
}

static void open_all(struct hosting *hosting)
{
	assert_int_equal(store_open(hosting->scratch->folder, &hosting->store), ERR_OK);
	assert_int_equal(registry_new(&hosting->registry), ERR_OK);
	assert_int_equal(tally_new(&hosting->tally), ERR_OK);
	assert_int_equal(registry_load(hosting->registry, hosting->store), ERR_OK);
}

int hosting_setup(void **state)
{
	struct hosting *hosting = calloc(1, sizeof(*hosting));
	void *scratch = NULL;

	hosting_now = HOSTING_NOW;
	if (hosting == NULL || scratch_setup(&scratch) != 0)
		return -1;
	hosting->scratch = scratch;
	open_all(hosting);
	*state = hosting;
	return 0;
}

int hosting_teardown(void **state)
{
	struct hosting *hosting = *state;
	void *scratch = hosting->scratch;

	tally_free(&hosting->tally);
	registry_free(&hosting->registry);
	store_close(&hosting->store);
	complaints_free(&hosting->complaints);
	free(hosting);
	return scratch_teardown(&scratch);
}

void hosting_restart(struct hosting *hosting)
{
	tally_free(&hosting->tally);
	registry_free(&hosting->registry);
	store_close(&hosting->store);
	open_all(hosting);
}

void hosting_copy(struct hosting *hosting)
{
	char sql[512];

	(void)snprintf(sql, sizeof(sql), "VACUUM INTO '%s'", scratch_path(hosting->scratch, "copy"));
	hosting_sql(hosting, sql);
}

void hosting_restore(struct hosting *hosting)
{
	tally_free(&hosting->tally);
	registry_free(&hosting->registry);
	store_close(&hosting->store);
	assert_int_equal(
		rename(scratch_path(hosting->scratch, "copy"), scratch_path(hosting->scratch, "mta-stsd.db")),
		0);
	open_all(hosting);
}

const struct configured *hosting_configured(const char *domain, enum mode mode, const char *mx,
					    const char *id)
{
	static struct configured pool[64];
	static struct terms terms[64];
	static char ids[64][ID_SIZE];
	static struct policy policies[64];
	static char *patterns[64];
	static size_t next;
	size_t i = next++ % 64;

	patterns[i] = (char *)(uintptr_t)mx;
	policies[i] =
		(struct policy){ .mode = mode, .max_age = 604800, .mx = { &patterns[i], mx != NULL, 1 } };
	memcpy(ids[i], id, strlen(id) + 1);
	terms[i] = (struct terms){
		.policy = &policies[i], .id = ids[i], .source = "/d/it.conf", .file = "/d/it.conf"
	};
	pool[i] = (struct configured){ .domain = domain, .terms = &terms[i], .line = 7 };
	return &pool[i];
}

static enum err work_out(void *context, struct changes *changes, struct audit_entry *entry)
{
	struct hosting *hosting = context;
	const struct wish wish = { .configured = hosting->configured };

	(void)entry;
	return changes_add(changes, hosting->configured->domain, &wish, &hosting->complaints);
}

static void log_nothing(const void *context, const struct changes *changes)
{
	(void)context;
	(void)changes;
}

static enum err settle(void *context, struct store_txn *txn, int64_t audit)
{
	const struct hosting *hosting = context;

	(void)audit;
	return hosting->moved_in ? ERR_OK : past_settle(txn, hosting->configured->domain);
}

enum err hosting_publish(struct hosting *hosting, const struct configured *configured)
{
	static const struct order_kind kind = { .command = "reload",
						.not_done = EVENT_RELOAD_NOT_DONE,
						.work_out = work_out,
						.log_done = log_nothing,
						.write = settle };
	const struct order order = { .uid = -1, .who = "test", .reason = "" };
	enum err err;

	hosting->configured = configured;
	err = order_run(hosting->registry, hosting->store, &order, &kind, hosting, NULL);
	if (err == ERR_OK)
		registry_attach(hosting->registry, configured->domain, configured, false);
	return err;
}

void hosting_settle(struct hosting *hosting, const char *domain)
{
	struct store_txn *txn = NULL;

	assert_int_equal(store_begin(hosting->store, &txn), ERR_OK);
	assert_int_equal(past_settle(txn, domain), ERR_OK);
	assert_int_equal(store_commit(&txn), ERR_OK);
}

static const struct order root = { .who = "root (uid 0)", .reason = "" };

struct hosting_switch hosting_none(void)
{
	return (struct hosting_switch){ root, { .mode = MODE_NONE, .max_age = 86400 } };
}

struct hosting_switch hosting_reset(void)
{
	return (struct hosting_switch){ root, { .reset = true } };
}

enum err hosting_order(struct hosting *hosting, const char *domain, const struct hosting_switch *what)
{
	struct names names = { 0 };
	enum err err;

	assert_int_equal(names_put(&names, domain), ERR_OK);
	err = switch_run(hosting->registry, hosting->store, &what->by, &names, &what->to,
			 &hosting->complaints, NULL);
	names_free(&names);
	return err;
}

void hosting_assert_serves(struct hosting *hosting, const char *domain, const char *id, const char *text)
{
	struct revision *revision = registry_find(hosting->registry, domain);

	assert_non_null(revision);
	assert_string_equal(revision->id, id);
	assert_string_equal(revision->text, text);
	assert_int_equal(revision_len(revision), strlen(text));
	revision_release(&revision);
}

void hosting_assert_id(struct hosting *hosting, const char *domain, const char *id)
{
	struct revision *revision = registry_find(hosting->registry, domain);

	assert_non_null(revision);
	assert_string_equal(revision->id, id);
	revision_release(&revision);
}

void hosting_look(struct hosting *hosting, const char *domain, const char *id)
{
	struct look *look = calloc(1, sizeof(*look));
	struct record_answer *answer = &look->answer[0];
	char record[64];

	assert_non_null(look);
	(void)snprintf(record, sizeof(record), "v=STSv1; id=%s;", id != NULL ? id : "");
	look->domain = domain;
	look->answers = 1;
	*answer = (struct record_answer){ .server = "ns1.example.net", .address = "192.0.2.1", .ttl = 300 };
	if (id == NULL)
		answer->error = "no answer";
	else if (*id != '\0')
		answer->texts[answer->text_count++] = record;
	assert_int_equal(looks_take(hosting->registry, hosting->store, &root, look, 1), ERR_OK);
	free(look);
}

void hosting_sql(struct hosting *hosting, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(scratch_path(hosting->scratch, "mta-stsd.db"), &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int hosting_count(struct hosting *hosting, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;
	int count;

	assert_int_equal(sqlite3_open(scratch_path(hosting->scratch, "mta-stsd.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	count = sqlite3_column_int(statement, 0);
	assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return count;
}
