/* SPDX-License-Identifier: ISC */
/* wrap: clock_now close fsync openat read renameat unlinkat write; faults memory */
#include "faults.h"
#include "memory.h"
#include "storing.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "store/condition.h"
#include "store/past.h"
#include "store/restore.h"
#include "store/revisions.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define A "a.example"
#define B "b.example"

#define TESTING "version: STSv1\r\nmode: testing\r\nmx: mail.example.org\r\nmax_age: 86400\r\n"

__typeof__(clock_now) __wrap_clock_now;

time_t __wrap_clock_now(void)
{
	return 1795449600; /* 2026-11-23 16:00:00 */
}

/* How many calls of the system go well yet; SIZE_MAX: all. */
static size_t calls_left = SIZE_MAX;
static bool call_failed;

/* Whether the one that failed is one that nothing may be called done without. */
static bool is_needed;

/* A file that cannot be removed, or NULL. */
static const char *stuck;

int __real_openat(int directory, const char *path, int flags, ...);
ssize_t __real_read(int fd, void *bytes, size_t len);
ssize_t __real_write(int fd, const void *bytes, size_t len);
int __real_fsync(int fd);
int __real_close(int fd);
int __real_renameat(int from_directory, const char *from, int to_directory, const char *to);
int __real_unlinkat(int directory, const char *path, int flags);
int __wrap_openat(int directory, const char *path, int flags, ...);
ssize_t __wrap_read(int fd, void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __wrap_fsync(int fd);
int __wrap_close(int fd);
int __wrap_renameat(int from_directory, const char *from, int to_directory, const char *to);
int __wrap_unlinkat(int directory, const char *path, int flags);

static void calls_fail_after(size_t calls)
{
	calls_left = calls;
	call_failed = false;
	is_needed = false;
}

static bool calls_restore(void)
{
	calls_left = SIZE_MAX;
	return call_failed;
}

static bool fails(bool needed)
{
	if (calls_left == SIZE_MAX || calls_left-- > 0)
		return false;
	calls_left = SIZE_MAX;
	call_failed = true;
	is_needed = needed;
	errno = EIO;
	return true;
}

int __wrap_openat(int directory, const char *path, int flags, ...)
{
	return fails(true) ? -1 : __real_openat(directory, path, flags, 0600);
}

ssize_t __wrap_read(int fd, void *bytes, size_t len)
{
	return fails(true) ? -1 : __real_read(fd, bytes, len);
}

/* As much as goes in at once is little; and the log counts for nothing. */
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
	return fd != STDERR_FILENO && fails(true) ? -1 : __real_write(fd, bytes, len < 40000 ? len : 40000);
}

int __wrap_fsync(int fd)
{
	return fails(true) ? -1 : __real_fsync(fd);
}

int __wrap_close(int fd)
{
	int result = __real_close(fd);

	return fails(false) ? -1 : result;
}

int __wrap_renameat(int from_directory, const char *from, int to_directory, const char *to)
{
	return fails(true) ? -1 : __real_renameat(from_directory, from, to_directory, to);
}

int __wrap_unlinkat(int directory, const char *path, int flags)
{
	if (stuck != NULL && strcmp(path, stuck) == 0) {
		errno = EPERM;
		return -1;
	}
	return fails(false) ? -1 : __real_unlinkat(directory, path, flags);
}

/* What was told of domains that differ: "domain: before, after; ", "-" for what is not there. */
static char told[512];

/* Between the state and the copy. */
#define DIFFERENCE A ": testing, none; " B ": testing, -; "

static const char *mode_in(const char *text)
{
	return text == NULL ? "-" : strstr(text, "testing") != NULL ? "testing" : "none";
}

static void tell(void *context, const struct restore_change *change)
{
	size_t len = strlen(told);

	(void)context;
	(void)snprintf(told + len, sizeof(told) - len, "%s: %s, %s; ", change->domain,
		       mode_in(change->before), mode_in(change->after));
}

static const char *path(struct storing *storing, const char *name)
{
	return scratch_path(storing->scratch, name);
}

static enum err restore(struct storing *storing, const char *name, bool *compared)
{
	const struct restore how = { .from = path(storing, name), .uid = 0, .who = "root", .each = tell };

	told[0] = '\0';
	*compared = false;
	return restore_run(storing->scratch->folder, &how, compared);
}

static void publish(struct storing *storing, const char *domain, const char *id, const char *text)
{
	struct store_txn *txn = storing_begin(storing);
	int64_t number;

	assert_int_equal(revisions_put(txn, domain, id, text, strlen(text), 1000, &number), ERR_OK);
	storing_commit(&txn);
}

static void copy(struct storing *storing, const char *from, const char *to)
{
	char command[1200];

	(void)snprintf(command, sizeof(command), "cp '%s' '%s'", path(storing, from), path(storing, to));
	assert_int_equal(system(command), 0);
}

/*
 * The state is closed: in it A was published as testing under the id 2 after a copy was made that has it as
 * none under 1, and B is new.
 */
static int setup(void **state)
{
	struct storing *storing;

	is_needed = false;
	if (storing_setup(state) != 0)
		return -1;
	storing = *state;
	publish(storing, A, "1", STORING_TEXT);
	store_close(&storing->store);
	copy(storing, "mta-stsd.db", "copy");
	assert_int_equal(store_open(storing->scratch->folder, &storing->store), ERR_OK);
	publish(storing, A, "2", TESTING);
	publish(storing, B, "1", TESTING);
	store_close(&storing->store);
	copy(storing, "mta-stsd.db", "saved");
	return 0;
}

static void open_it(struct storing *storing)
{
	assert_int_equal(store_open(storing->scratch->folder, &storing->store), ERR_OK);
	assert_int_equal(condition_of(storing->store), CONDITION_OK);
}

static void assert_used(struct storing *storing, const char *domain, const char *id)
{
	bool used = false;

	assert_int_equal(revisions_is_used(storing->store, domain, id, &used), ERR_OK);
	assert_true(used);
}

/* What is published, as "domain=id mode, ". */
static enum err list_one(void *context, const struct revision_row *row)
{
	return text_appendf(context, "%s=%s %s, ", row->domain, row->id, mode_in(row->text));
}

static struct text published(struct storing *storing)
{
	struct text list = { 0 };

	assert_int_equal(text_append(&list, "", 0), ERR_OK);
	assert_int_equal(revisions_each(storing->store, list_one, &list), ERR_OK);
	return list;
}

static void assert_is_as_before(struct storing *storing)
{
	struct text list = published(storing);

	assert_string_equal(list.bytes, A "=2 testing, " B "=1 testing, ");
	text_free(&list);
}

static bool is_restored(struct storing *storing)
{
	struct text list = published(storing);
	bool restored = strstr(list.bytes, B) == NULL;

	if (restored)
		assert_non_null(strstr(list.bytes, " none, "));
	else
		assert_string_equal(list.bytes, A "=2 testing, " B "=1 testing, ");
	text_free(&list);
	return restored;
}

/* Whoever has the text of before under one of these ids must see another one. */
static void assert_no_id_came_back(struct storing *storing)
{
	struct text list = published(storing);

	assert_null(strstr(list.bytes, "=1 "));
	assert_null(strstr(list.bytes, "=2 "));
	text_free(&list);
	assert_used(storing, A, "1");
	assert_used(storing, A, "2");
	assert_used(storing, B, "1");
}

static void a_copy_is_published_under_ids_that_nobody_has_seen(void **state)
{
	struct storing *storing = *state;
	bool compared;

	assert_int_equal(restore(storing, "copy", &compared), ERR_OK);
	assert_true(compared);
	assert_string_equal(told, DIFFERENCE);
	open_it(storing);
	assert_true(is_restored(storing));
	assert_no_id_came_back(storing);
	assert_int_equal(
		storing_number(storing->scratch, "SELECT count(*) FROM audit WHERE command = 'restore'"), 1);
}

static void what_was_there_is_kept_and_can_be_restored_in_turn(void **state)
{
	struct storing *storing = *state;
	struct text list;
	bool compared;

	assert_int_equal(restore(storing, "copy", &compared), ERR_OK);
	assert_int_equal(rename(path(storing, "before-restore.db"), path(storing, "again")), 0);
	assert_int_equal(restore(storing, "again", &compared), ERR_OK);
	assert_string_equal(told, A ": none, testing; " B ": -, testing; ");
	open_it(storing);
	list = published(storing);
	assert_string_equal(list.bytes, A "=20261123160001 testing, " B "=20261123160000 testing, ");
	text_free(&list);
}

/* Neither the state nor anything beside it. */
static void clear(struct storing *storing)
{
	static const char *const names[] = {
		"mta-stsd.db",      "mta-stsd.db-wal",   "mta-stsd.db-shm",      "lock",
		"reserve",          "restore.db",        "restore.part",         "restore.part-wal",
		"restore.part-shm", "before-restore.db", "before-restore.db-wal"
	};

	store_close(&storing->store);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unlink(path(storing, names[i]));
}

/* A state that has seen nothing but this. */
struct other {
	const char *domain; /* published as none under the id 7, NULL: none was */
	bool is_forgotten;  /* since then */
	const char *sql;
};

/* Restore over it what has A under the id 2 and B under 1, both testing. */
static struct text restored_over(struct storing *storing, const struct other *other)
{
	struct store_txn *txn;
	bool compared;

	clear(storing);
	open_it(storing);
	if (other->domain != NULL)
		publish(storing, other->domain, "7", STORING_TEXT);
	if (other->is_forgotten) {
		txn = storing_begin(storing);
		assert_int_equal(revisions_end(txn, other->domain, 1100), ERR_OK);
		storing_commit(&txn);
	}
	store_close(&storing->store);
	storing_sql(storing->scratch, other->sql);
	assert_int_equal(restore(storing, "saved", &compared), ERR_OK);
	assert_true(compared);
	open_it(storing);
	return published(storing);
}

#define NEW_A A "=20261123160000 testing, " B "=1 testing, "
#define NEW_B A "=2 testing, " B "=20261123160000 testing, "

static void who_was_never_published_there_keeps_the_id_of_the_copy(void **state)
{
	static const struct {
		struct other other;
		const char *told;
		const char *published;
	} rows[] = {
		{ { NULL, false, "" }, "", A "=2 testing, " B "=1 testing, " },
		{ { "c.example", false, "" }, "c.example: none, -; ", A "=2 testing, " B "=1 testing, " },
		{ { A, false, "" }, A ": none, testing; ", NEW_A },
		{ { A, true, "" }, A ": -, testing; ", NEW_A },
		{ { NULL, false, "INSERT INTO domain (name, source) VALUES ('" B "', '')" },
		  B ": -, testing; ",
		  NEW_B },
		/* His record was there, as another's. */
		{ { NULL, false, "INSERT INTO record (name) VALUES ('_mta-sts." B "')" },
		  B ": -, testing; ",
		  NEW_B },
		/* Whose a damaged row was is not known. */
		{ { "c.example", false, "UPDATE domain SET name = 'd.example'" },
		  A ": -, testing; " B ": -, testing; ",
		  A "=20261123160000 testing, " B "=20261123160000 testing, " },
	};
	struct storing *storing = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct text list = restored_over(storing, &rows[i].other);

		assert_string_equal(told, rows[i].told);
		assert_string_equal(list.bytes, rows[i].published);
		text_free(&list);
	}
}

static void a_record_is_looked_for_where_the_copy_has_it(void **state)
{
	static const char observed[] =
		"INSERT INTO record (name) VALUES ('all.example');"
		"UPDATE domain SET observed = last_insert_rowid() WHERE name = '" B "'";
	static const struct other other = { NULL, false, "INSERT INTO record (name) VALUES ('all.example')" };
	struct storing *storing = *state;
	struct text list;

	storing_sql(storing->scratch, observed);
	copy(storing, "mta-stsd.db", "saved");
	list = restored_over(storing, &other);
	assert_string_equal(told, B ": -, testing; ");
	assert_string_equal(list.bytes, NEW_B);
	text_free(&list);
}

static void a_second_restore_keeps_what_the_first_has_kept(void **state)
{
	static const char *const names[] = { "before-restore.db", "before-restore.1.db",
					     "before-restore.2.db" };
	struct storing *storing = *state;
	struct stat first, second, status;
	bool compared;

	assert_int_equal(stat(path(storing, "mta-stsd.db"), &first), 0);
	assert_int_equal(restore(storing, "copy", &compared), ERR_OK);
	(void)scratch_write(storing->scratch, "before-restore.db-wal", "its log");
	assert_int_equal(stat(path(storing, "mta-stsd.db"), &second), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(restore(storing, "copy", &compared), ERR_OK);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(stat(path(storing, names[i]), &status), 0);
	assert_int_equal(status.st_ino, second.st_ino);
	assert_int_equal(stat(path(storing, "before-restore.1.db"), &status), 0);
	assert_int_equal(status.st_ino, first.st_ino);
	assert_int_equal(access(path(storing, "before-restore.1.db-wal"), F_OK), 0);
	assert_int_not_equal(access(path(storing, "before-restore.2.db-wal"), F_OK), 0);
}

static void an_id_that_stood_in_dns_is_passed_over(void **state)
{
	struct storing *storing = *state;
	struct text list;
	bool compared;

	storing_sql(storing->scratch, "INSERT INTO foreign_seen (domain, id) VALUES (1, '20261123160000')");
	assert_int_equal(restore(storing, "copy", &compared), ERR_OK);
	open_it(storing);
	list = published(storing);
	assert_string_equal(list.bytes, A "=20261123160001 none, ");
	text_free(&list);
}

/* The id of the revision before which nobody knows what there was, and whether a record was seen since. */
static int64_t unknown_before(struct storing *storing, const char *id, const char *sign)
{
	char query[256];

	(void)snprintf(
		query, sizeof(query),
		"SELECT count(*) FROM domain JOIN revision ON revision.domain = domain.id AND number = "
		"%s unknown_before WHERE name = '" A "' AND revision.id = '%s'",
		sign, id);
	return storing_number(storing->scratch, query);
}

static void what_was_found_out_of_the_time_before_stays_known(void **state)
{
	struct storing *storing = *state;
	bool compared;

	storing_sql(storing->scratch, "UPDATE domain SET unknown_before = 1");
	copy(storing, "mta-stsd.db", "copy");
	storing_sql(storing->scratch, "UPDATE domain SET unknown_before = 0");
	assert_int_equal(restore(storing, "copy", &compared), ERR_OK);
	assert_int_equal(storing_number(storing->scratch, "SELECT sum(abs(unknown_before)) FROM domain"), 0);
}

/* Revisions have other numbers then. */
static void what_is_not_known_of_the_time_before_stays_unknown(void **state)
{
	struct storing *storing = *state;
	bool compared;

	storing_sql(storing->scratch, "UPDATE domain SET unknown_before = -2 WHERE name = '" A "'");
	storing_sql(storing->scratch, "UPDATE domain SET unknown_before = 3 WHERE name = '" B "'");
	assert_int_equal(restore(storing, "copy", &compared), ERR_OK);
	assert_int_equal(unknown_before(storing, "2", "-"), 1);
	assert_int_equal(storing_number(storing->scratch,
					"SELECT count(*) FROM domain JOIN revision ON revision.domain = "
					"domain.id AND number = unknown_before WHERE name = '" B "'"),
			 1);
}

static void who_was_forgotten_since_may_have_been_somebody_elses(void **state)
{
	struct storing *storing = *state;
	struct store_txn *txn;
	bool compared;

	assert_int_equal(store_open(storing->scratch->folder, &storing->store), ERR_OK);
	txn = storing_begin(storing);
	assert_int_equal(revisions_end(txn, A, 2000), ERR_OK);
	storing_commit(&txn);
	store_close(&storing->store);
	assert_int_equal(restore(storing, "copy", &compared), ERR_OK);
	assert_int_equal(storing_number(storing->scratch,
					"SELECT number = unknown_before FROM domain JOIN revision ON "
					"revision.domain = domain.id WHERE name = '" A
					"' AND superseded_at IS NULL"),
			 1);
}

/* That its row is damaged does not say that anybody was away. */
static void a_damaged_row_says_nothing_of_the_time_before(void **state)
{
	static const char *const marks[] = { "0", "-2" };
	struct storing *storing = *state;
	char sql[160];
	bool compared;

	for (size_t i = 0; i < 2; i++) {
		copy(storing, "saved", "mta-stsd.db");
		(void)snprintf(
			sql, sizeof(sql),
			"UPDATE domain SET unknown_before = %s; UPDATE revision SET sum = sum + 1 WHERE "
			"superseded_at IS NULL",
			marks[i]);
		storing_sql(storing->scratch, sql);
		assert_int_equal(restore(storing, "copy", &compared), ERR_OK);
		assert_int_equal(
			storing_number(storing->scratch,
				       "SELECT count(*) FROM domain WHERE unknown_before > 0 AND name = '" A
				       "'"),
			0);
		assert_int_equal(unknown_before(storing, "2", "-"), i == 1);
	}
}

/* The state at hand knows nothing of a stay that began after it. */
static void what_a_newer_copy_knows_of_a_later_stay_is_kept(void **state)
{
	struct storing *storing = *state;
	bool compared;

	storing_sql(storing->scratch, "UPDATE domain SET unknown_before = -2 WHERE name = '" A "'");
	copy(storing, "mta-stsd.db", "newer");
	copy(storing, "copy", "mta-stsd.db");
	storing_sql(storing->scratch, "UPDATE domain SET unknown_before = 0");
	assert_int_equal(restore(storing, "newer", &compared), ERR_OK);
	assert_true(compared);
	assert_int_equal(unknown_before(storing, "2", "-"), 1);
}

static void of_what_both_were_told_the_longer_counts(void **state)
{
	static const char saying[] =
		"INSERT INTO foreign_seen (domain, id, turn, mode, max_age) VALUES (1, 'x', 1, "
		"'enforce', 31557600)";
	struct storing *storing = *state;
	bool compared;

	storing_sql(storing->scratch, saying);
	copy(storing, "mta-stsd.db", "copy");
	storing_sql(storing->scratch, "UPDATE foreign_seen SET mode = 'testing', max_age = 86400");
	assert_int_equal(restore(storing, "copy", &compared), ERR_OK);
	assert_int_equal(
		storing_number(storing->scratch, "SELECT max_age FROM foreign_seen WHERE mode = 'enforce'"),
		31557600);
	assert_int_equal(rename(path(storing, "before-restore.db"), path(storing, "again")), 0);
	assert_int_equal(restore(storing, "again", &compared), ERR_OK);
	assert_int_equal(
		storing_number(storing->scratch, "SELECT max_age FROM foreign_seen WHERE mode = 'enforce'"),
		31557600);
}

static void an_id_that_was_adopted_since_is_foreign_no_more(void **state)
{
	struct storing *storing = *state;
	bool compared;

	copy(storing, "copy", "mta-stsd.db");
	storing_sql(storing->scratch,
		    "INSERT INTO foreign_seen (domain, id, turn) VALUES (1, '2', 1), (1, '3', 1)");
	copy(storing, "mta-stsd.db", "copy");
	copy(storing, "saved", "mta-stsd.db");
	storing_sql(storing->scratch, "UPDATE revision SET adopted = 1 WHERE id = '2'");
	assert_int_equal(restore(storing, "copy", &compared), ERR_OK);
	assert_int_equal(storing_number(storing->scratch, "SELECT count(*) FROM foreign_seen"), 1);
}

/* Its file is there still, and the next start publishes it. */
static void who_is_away_for_a_restore_is_not_new_when_he_comes_back(void **state)
{
	struct storing *storing = *state;
	struct store_txn *txn;
	int64_t number;
	bool compared;

	assert_int_equal(restore(storing, "copy", &compared), ERR_OK);
	open_it(storing);
	txn = storing_begin(storing);
	assert_int_equal(revisions_put(txn, B, "9", TESTING, strlen(TESTING), __wrap_clock_now(), &number),
			 ERR_OK);
	assert_int_equal(past_begin(txn, B, number, __wrap_clock_now()), ERR_OK);
	storing_commit(&txn);
	assert_int_equal(
		storing_number(storing->scratch, "SELECT unknown_before FROM domain WHERE name = '" B "'"),
		0);
}

static void who_was_accepted_without_a_file_is_not_asked_for_again(void **state)
{
	struct storing *storing = *state;
	bool compared;

	copy(storing, "copy", "mta-stsd.db");
	storing_sql(storing->scratch, "UPDATE domain SET source = '/d/a.conf'");
	copy(storing, "mta-stsd.db", "sourced");
	storing_sql(storing->scratch, "UPDATE domain SET source = ''");
	assert_int_equal(restore(storing, "sourced", &compared), ERR_OK);
	assert_true(compared);
	assert_int_equal(storing_number(storing->scratch, "SELECT count(*) FROM domain WHERE source = ''"),
			 1);

	copy(storing, "sourced", "mta-stsd.db");
	assert_int_equal(restore(storing, "sourced", &compared), ERR_OK);
	assert_int_equal(storing_number(storing->scratch, "SELECT count(*) FROM domain WHERE source = ''"),
			 0);
}

static void what_cannot_be_compared_is_said_and_the_copy_counts(void **state)
{
	struct storing *storing = *state;
	struct text list;
	bool compared = true;

	(void)scratch_write(storing->scratch, "mta-stsd.db", "this has never been a database");
	assert_int_equal(restore(storing, "copy", &compared), ERR_OK);
	assert_false(compared);
	assert_string_equal(told, "");
	open_it(storing);
	list = published(storing);
	assert_string_equal(list.bytes, A "=1 none, ");
	text_free(&list);
}

static void harm(struct storing *storing, const char *sql)
{
	copy(storing, "mta-stsd.db", "aside");
	copy(storing, "copy", "mta-stsd.db");
	storing_sql(storing->scratch, sql);
	copy(storing, "mta-stsd.db", "harmed");
	copy(storing, "aside", "mta-stsd.db");
}

/* Change a name in a copy of the state, as a disk would: its domains come first, and then their index. */
static void flip(struct storing *storing, const char *old, const char *new, unsigned which)
{
	struct file file = { 0 };
	const char *why;
	char *at;

	assert_int_equal(file_read(path(storing, "saved"), SIZE_MAX, &file, &why), ERR_OK);
	at = memmem(file.bytes, file.len, old, strlen(old));
	for (; which > 0; which--)
		at = memmem(at + 1, file.len - (size_t)(at + 1 - file.bytes), old, strlen(old));
	assert_non_null(at);
	memcpy(at, new, strlen(new));
	(void)scratch_put(storing->scratch, "harmed", file.bytes, file.len);
	file_free(&file);
}

static void an_index_of_the_copy_is_made_anew(void **state)
{
	struct storing *storing = *state;
	bool compared;

	flip(storing, B, "b.exbmple", 1);
	assert_int_equal(restore(storing, "harmed", &compared), ERR_OK);
	assert_string_equal(told, "");
	open_it(storing);
	assert_is_as_before(storing);
}

static void a_copy_of_which_more_is_damaged_is_refused(void **state)
{
	struct storing *storing = *state;
	bool compared;

	flip(storing, B, A, 0);
	assert_int_equal(restore(storing, "harmed", &compared), ERR_REFUSED);
	open_it(storing);
	assert_is_as_before(storing);
}

static void what_is_no_good_copy_is_refused_and_nothing_changes(void **state)
{
	static const struct {
		const char *sql; /* what is done to the copy */
		enum err wanted;
	} harms[] = {
		{ "DELETE FROM audit; DELETE FROM revision", ERR_REFUSED },
		{ "PRAGMA user_version = 99", ERR_REFUSED },
		{ "PRAGMA application_id = 7", ERR_REFUSED },
		{ "PRAGMA user_version = 0; PRAGMA application_id = 0; DROP TABLE audit_change; DROP TABLE "
		  "audit;"
		  "DROP TABLE switch; DROP TABLE foreign_seen; DROP TABLE record_id; DROP TABLE lapse;"
		  "DROP TABLE observation; DROP TABLE observation_server; DROP TABLE revision; DROP TABLE "
		  "domain; DROP TABLE record;"
		  "DROP TABLE store; DELETE FROM sqlite_sequence",
		  ERR_REFUSED },
	};
	struct storing *storing = *state;
	bool compared;

	for (size_t i = 0; i < sizeof(harms) / sizeof(*harms); i++) {
		harm(storing, harms[i].sql);
		assert_int_equal(restore(storing, "harmed", &compared), harms[i].wanted);
	}
	(void)scratch_write(storing->scratch, "text",
			    "this has never been a database, and is long enough to be read");
	assert_int_equal(restore(storing, "text", &compared), ERR_REFUSED);
	assert_int_equal(restore(storing, ".", &compared), ERR_REFUSED);
	assert_int_equal(restore(storing, "missing", &compared), ERR_STORE);
	assert_int_not_equal(access(path(storing, "restore.part"), F_OK), 0);
	open_it(storing);
	assert_is_as_before(storing);
}

static void a_log_that_cannot_be_removed_is_not_taken_for_the_next_ones(void **state)
{
	static const char *const logs[] = { "restore.part-wal", "before-restore.db-wal" };
	struct storing *storing = *state;
	bool compared;

	for (size_t i = 0; i < sizeof(logs) / sizeof(*logs); i++) {
		(void)scratch_write(storing->scratch, logs[i], "of another time");
		stuck = logs[i];
		assert_int_equal(restore(storing, "copy", &compared), ERR_STORE);
		stuck = NULL;
		assert_int_equal(unlink(path(storing, logs[i])), 0);
		open_it(storing);
		assert_is_as_before(storing);
		store_close(&storing->store);
	}
}

/* Root would read, or write, what it leads to, and give it to the service's user. */
static void no_link_of_the_services_user_is_followed(void **state)
{
	static const char *const names[] = { "mta-stsd.db",         "mta-stsd.db-wal", "mta-stsd.db-shm",
					     "mta-stsd.db-journal", "restore.db",      "lock" };
	struct storing *storing = *state;
	bool compared;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)rename(path(storing, names[i]), path(storing, "target"));
		assert_int_equal(symlink("target", path(storing, names[i])), 0);
		assert_int_not_equal(restore(storing, "copy", &compared), ERR_OK);
		assert_int_equal(unlink(path(storing, names[i])), 0);
		(void)rename(path(storing, "target"), path(storing, names[i]));
	}
	open_it(storing);
	assert_is_as_before(storing);
}

static void a_copy_that_is_a_link_is_refused_and_so_is_its_log(void **state)
{
	struct storing *storing = *state;
	bool compared;

	assert_int_equal(symlink("copy", path(storing, "link")), 0);
	assert_int_equal(restore(storing, "link", &compared), ERR_REFUSED);
	assert_int_equal(symlink("copy", path(storing, "copy-wal")), 0);
	assert_int_equal(restore(storing, "copy", &compared), ERR_REFUSED);
	assert_int_not_equal(access(path(storing, "restore.part"), F_OK), 0);
	open_it(storing);
	assert_is_as_before(storing);
}

static void while_the_daemon_runs_nothing_is_restored(void **state)
{
	struct storing *storing = *state;
	bool compared;

	open_it(storing);
	assert_int_equal(restore(storing, "copy", &compared), ERR_EXISTS);
	assert_is_as_before(storing);
}

/* The state and nothing beside it, as after setup(). */
static void put_back(struct storing *storing)
{
	clear(storing);
	copy(storing, "saved", "mta-stsd.db");
}

/* One call fails; whatever comes of it is done by the next start, or undone. */
static bool restore_with_fault(struct storing *storing, size_t n, void (*fail_after)(size_t),
			       bool (*put_right)(void))
{
	bool compared, failed, restored;
	enum err err;

	put_back(storing);
	fail_after(n);
	err = restore(storing, "copy", &compared);
	failed = put_right();
	assert_true(err == ERR_OK || failed);
	assert_false(err == ERR_OK && is_needed);
	open_it(storing);
	restored = is_restored(storing);
	assert_true(restored || err != ERR_OK);
	assert_memory_equal(told, DIFFERENCE, strlen(told));
	if (restored && compared)
		assert_no_id_came_back(storing);
	assert_int_not_equal(access(path(storing, "restore.db"), F_OK), 0);
	return failed;
}

static void assert_whole_whatever_fails(struct storing *storing, void (*fail_after)(size_t),
					bool (*put_right)(void))
{
	size_t n = 0;

	while (restore_with_fault(storing, n, fail_after, put_right))
		n++;
	assert_true(n > 5);
}

static void whatever_the_system_refuses_one_state_is_there_whole(void **state)
{
	assert_whole_whatever_fails(*state, calls_fail_after, calls_restore);
}

static void whatever_sqlite_refuses_one_state_is_there_whole(void **state)
{
	assert_whole_whatever_fails(*state, faults_fail_after, faults_restore);
}

static void without_memory_one_state_is_there_whole(void **state)
{
	assert_whole_whatever_fails(*state, memory_fail_after, memory_restore);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, storing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_copy_is_published_under_ids_that_nobody_has_seen),
		TEST(what_was_there_is_kept_and_can_be_restored_in_turn),
		TEST(who_was_never_published_there_keeps_the_id_of_the_copy),
		TEST(a_record_is_looked_for_where_the_copy_has_it),

		TEST(a_second_restore_keeps_what_the_first_has_kept),
		TEST(an_id_that_stood_in_dns_is_passed_over),
		TEST(what_was_found_out_of_the_time_before_stays_known),
		TEST(what_is_not_known_of_the_time_before_stays_unknown),
		TEST(who_was_forgotten_since_may_have_been_somebody_elses),
		TEST(a_damaged_row_says_nothing_of_the_time_before),
		TEST(what_a_newer_copy_knows_of_a_later_stay_is_kept),
		TEST(of_what_both_were_told_the_longer_counts),
		TEST(an_id_that_was_adopted_since_is_foreign_no_more),
		TEST(who_is_away_for_a_restore_is_not_new_when_he_comes_back),
		TEST(who_was_accepted_without_a_file_is_not_asked_for_again),
		TEST(what_cannot_be_compared_is_said_and_the_copy_counts),
		TEST(an_index_of_the_copy_is_made_anew),
		TEST(a_copy_of_which_more_is_damaged_is_refused),
		TEST(what_is_no_good_copy_is_refused_and_nothing_changes),
		TEST(a_log_that_cannot_be_removed_is_not_taken_for_the_next_ones),
		TEST(no_link_of_the_services_user_is_followed),
		TEST(a_copy_that_is_a_link_is_refused_and_so_is_its_log),
		TEST(while_the_daemon_runs_nothing_is_restored),
		TEST(whatever_the_system_refuses_one_state_is_there_whole),
		TEST(whatever_sqlite_refuses_one_state_is_there_whole),
		TEST(without_memory_one_state_is_there_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
