/* SPDX-License-Identifier: ISC */
#include "store/restore.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"
#include "log/log_event.h"
#include "store/schema_private.h"
#include "store/store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COPY_STEP 65536

/* The copy while it is made, and when it is complete. */
#define PART     "restore.part"
#define COMPLETE "restore.db"
#define BEFORE   "before-restore.db"
#define DATABASE "mta-stsd.db"

/* The same of the directory of installed certificates, when some come with the copy. */
#define CERTIFICATES          "certificates"
#define CERTIFICATES_COMPLETE "restore.certificates"
#define CERTIFICATES_BEFORE   "before-restore.certificates"

static enum err failed(const char *doing, const char *path)
{
	log_error("restore, %s %s failed (%s)", doing, path, strerror(errno));
	return ERR_STORE;
}

/*
 * From the first step on the log is away from the database that it belongs to, and only the whole way leads
 * to a state again; each step may have been done before.
 */
static const struct {
	const char *from;
	const char *to; /* NULL: it is removed */
} steps[] = {
	{ DATABASE "-wal", BEFORE "-wal" },
	{ DATABASE "-shm", NULL },
	{ DATABASE, BEFORE },
	{ COMPLETE, DATABASE },
};

static enum err take_step(int directory, const char *from, const char *to)
{
	int result = to != NULL ? renameat(directory, from, directory, to) : unlinkat(directory, from, 0);

	return result == 0 || errno == ENOENT ? ERR_OK : failed("moving", from);
}

/* They are in place before the database is, which ends it all: what was moved aside once is not moved again.
 */
static enum err put_certificates(const struct files *files)
{
	int directory = files->directory_fd;
	enum err err;

	if (faccessat(directory, CERTIFICATES_COMPLETE, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		return ERR_OK;
	err = take_step(directory, CERTIFICATES, CERTIFICATES_BEFORE);
	if (err == ERR_OK)
		err = take_step(directory, CERTIFICATES_COMPLETE, CERTIFICATES);
	if (err == ERR_OK && fsync(directory) != 0)
		err = failed("syncing", files->directory.path);
	return err;
}

static bool is_there(int directory, const char *name)
{
	return faccessat(directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

enum err restore_finish(const struct files *files)
{
	enum err err;

	if (!is_there(files->directory_fd, COMPLETE))
		return ERR_OK;
	err = put_certificates(files);
	for (size_t i = 0; err == ERR_OK && i < sizeof(steps) / sizeof(*steps); i++)
		err = take_step(files->directory_fd, steps[i].from, steps[i].to);
	if (err == ERR_OK && fsync(files->directory_fd) != 0)
		err = failed("syncing", files->directory.path);
	if (err == ERR_OK)
		log_notice("restore, done in %s (%s)", files->directory.path,
			   is_there(files->directory_fd, BEFORE) ? "what was there before is " BEFORE
								 : "no state was there before");
	return err;
}

/* A database that is not in use any more, with what belongs to it: a log that stays would be read as the next
 * one's. */
static enum err remove_all(const struct files *files, const char *name)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char whole[64];
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		(void)snprintf(whole, sizeof(whole), "%s%s", name, ends[i]);
		if (unlinkat(files->directory_fd, whole, 0) != 0 && errno != ENOENT)
			err = failed("removing", whole);
	}
	return err;
}

static bool copy_all(int in, int out)
{
	char bytes[COPY_STEP];
	ssize_t got;

	while ((got = read(in, bytes, sizeof(bytes))) > 0) {
		for (ssize_t put = 0, more; put < got; put += more) {
			more = write(out, bytes + put, (size_t)(got - put));
			if (more < 0)
				return false;
		}
	}
	return got == 0;
}

/* Byte for byte, and with the owner of the directory, whoever restores. */
static enum err copy_bytes(const struct files *files, int in, const char *name)
{
	int out =
		openat(files->directory_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum err err;

	if (out < 0)
		return failed("making", name);
	err = files_give_to_owner(files, out);
	if (err == ERR_OK && !copy_all(in, out))
		err = failed("copying to", name);
	if (close(out) != 0 && err == ERR_OK)
		err = failed("copying to", name);
	return err;
}

/* A backup, and what an earlier restore kept, lie where the service's user writes; the copy is his as soon as
 * it is made. */
static enum err refuse_link(const char *from)
{
	log_error("restore, %s is a symbolic link, which is not followed: name the file itself, if you made "
		  "the "
		  "link; if not, find out who did, and take another copy",
		  from);
	return ERR_REFUSED;
}

static enum err copy_file(const struct files *files, const char *from, const char *name, bool required)
{
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	struct stat status;
	enum err err;

	if (in < 0 && errno == ENOENT && !required)
		return ERR_OK;
	if (in < 0 && errno == ELOOP)
		return refuse_link(from);
	if (in < 0)
		return failed("reading", from);
	if (fstat(in, &status) == 0 && S_ISREG(status.st_mode)) {
		err = copy_bytes(files, in, name);
	} else {
		log_error("restore, %s is not a regular file", from);
		err = ERR_REFUSED;
	}
	(void)close(in);
	return err;
}

/* A copy of a running state may come with its log. */
static enum err copy_both(const struct files *files, const char *from)
{
	char *log = NULL;
	enum err err;

	if (asprintf(&log, "%s-wal", from) < 0)
		return ERR_NO_MEMORY;
	err = copy_file(files, from, PART, true);
	if (err == ERR_OK)
		err = copy_file(files, log, PART "-wal", false);
	free(log);
	return err;
}

static enum err refuse_damaged(const char *from, const char *what)
{
	log_error("restore, %s is refused (%s): take another copy", from, what);
	return ERR_REFUSED;
}

/* An index is made of what its table holds, so one that is damaged is no loss. */
static enum err mend_indexes(struct sql_connection *sql, const char *from, int version, struct text *damage)
{
	log_warning("restore, %s is damaged (%s): making its indexes anew", from, damage->bytes);
	text_free(damage);
	if (sql_run_text(sql, "REINDEX") != ERR_OK)
		return refuse_damaged(from, "more than its indexes");
	return schema_find_damage(sql, version, damage);
}

static enum err check(struct sql_connection *sql, const char *from)
{
	struct text damage = { 0 };
	int version = 0;
	enum err err = schema_check(sql, &version);

	if (err == ERR_OK && version == 0)
		err = refuse_damaged(from, "it is empty");
	if (err == ERR_OK)
		err = schema_find_damage(sql, version, &damage);
	if (err == ERR_OK && damage.len > 0)
		err = mend_indexes(sql, from, version, &damage);
	if (err == ERR_OK && damage.len > 0)
		err = refuse_damaged(from, damage.bytes);
	if (err == ERR_OK)
		err = schema_migrate(sql, version);
	text_free(&damage);
	return err;
}

static enum err put_entry(struct sql_connection *sql, const struct restore *restore)
{
	sqlite3_stmt *statement = sql_take(sql, SQL_AUDIT_PUT);

	(void)sqlite3_bind_int64(statement, 1, clock_now());
	(void)sqlite3_bind_int64(statement, 2, restore->uid);
	sql_bind_text(statement, 3, restore->who);
	sql_bind_text(statement, 4, "restore");
	sql_bind_text(statement, 5, restore->from);
	return sql_finish(sql, statement);
}

/*
 * It counts as a state whose daemon was killed when the copy was made: what was fetched since is not known.
 * And its transactions go on from those of the state that it replaces.
 */
static enum err mark(struct sql_connection *sql, const struct files *files, const struct restore *restore)
{
	char update[128];
	enum err err;

	(void)snprintf(update, sizeof(update),
		       "UPDATE store SET running = 1, generation = max(generation, %" PRId64 ") + 1",
		       files->stamped);
	err = sql_run_text(sql, "BEGIN IMMEDIATE");
	if (err == ERR_OK)
		err = sql_run_text(sql, update);
	if (err == ERR_OK)
		err = put_entry(sql, restore);
	return err == ERR_OK ? sql_run_text(sql, "COMMIT") : err;
}

static enum err prepare(const struct files *files, const struct restore *restore, bool *compared)
{
	struct sql_connection sql = { 0 };
	enum err err = sql_open_in(&sql, files->directory_fd, PART);

	if (err != ERR_OK)
		return sql.corrupt ? refuse_damaged(restore->from, "it is not a database, or damaged") : err;
	err = check(&sql, restore->from);
	if (err == ERR_OK)
		err = merge_run(&sql, files->directory_fd, DATABASE, restore->each, restore->context,
				compared);
	if (err == ERR_OK)
		err = mark(&sql, files, restore);
	sql_close(&sql, true);
	return err;
}

/* More restores than anybody makes without looking at what they replaced. */
#define ASIDE_LIMIT 99

struct aside {
	char database[64];
	char log[64];
	char certificates[64];
};

/* The first number that is free. */
static enum err find_aside(const struct files *files, struct aside *aside)
{
	for (int i = 1; i <= ASIDE_LIMIT; i++) {
		(void)snprintf(aside->database, sizeof(aside->database), "before-restore.%d.db", i);
		(void)snprintf(aside->log, sizeof(aside->log), "before-restore.%d.db-wal", i);
		(void)snprintf(aside->certificates, sizeof(aside->certificates),
			       "before-restore.%d.certificates", i);
		if (!is_there(files->directory_fd, aside->database) &&
		    !is_there(files->directory_fd, aside->log) &&
		    !is_there(files->directory_fd, aside->certificates))
			return ERR_OK;
	}
	log_error("restore, %s has before-restore.1.db up to before-restore.%d.db: remove those that nobody "
		  "needs",
		  files->directory.path, ASIDE_LIMIT);
	return ERR_REFUSED;
}

/* With its log or not at all: both have the new name before they lose the old one. */
static enum err link_aside(int directory, const struct aside *aside)
{
	if (linkat(directory, BEFORE "-wal", directory, aside->log, 0) != 0 && errno != ENOENT)
		return failed("keeping", BEFORE "-wal");
	if (linkat(directory, BEFORE, directory, aside->database, 0) != 0)
		return failed("keeping", BEFORE);
	return fsync(directory) == 0 ? ERR_OK : failed("syncing", aside->database);
}

/* What an earlier restore replaced may be the only copy of it. */
static enum err keep_before(const struct files *files)
{
	int directory = files->directory_fd;
	bool database = is_there(directory, BEFORE);
	bool certificates = is_there(directory, CERTIFICATES_BEFORE);
	struct aside aside;
	enum err err = database || certificates ? find_aside(files, &aside) : ERR_OK;

	if (err == ERR_OK && database)
		err = link_aside(directory, &aside);
	if (err == ERR_OK && certificates &&
	    renameat(directory, CERTIFICATES_BEFORE, directory, aside.certificates) != 0)
		err = failed("keeping", CERTIFICATES_BEFORE);
	if (err == ERR_OK && database)
		log_notice("restore, what was kept of an earlier restore is %s now", aside.database);
	if (err == ERR_OK && certificates)
		log_notice("restore, the certificates of an earlier restore are %s now", aside.certificates);
	return err == ERR_OK ? remove_all(files, BEFORE) : err;
}

/* The copy is complete when it has its name, and not before it is on disk. */
static enum err complete(const struct files *files)
{
	int fd = openat(files->directory_fd, PART, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool synced = fd >= 0 && fsync(fd) == 0;
	enum err err;

	if (fd >= 0)
		(void)close(fd);
	if (!synced || is_there(files->directory_fd, PART "-wal"))
		return failed("writing", PART);
	err = keep_before(files);
	if (err != ERR_OK)
		return err;
	if (renameat(files->directory_fd, PART, files->directory_fd, COMPLETE) != 0 ||
	    fsync(files->directory_fd) != 0)
		return failed("renaming", PART);
	return ERR_OK;
}

/* What a restore that was given up may have left of both. */
static enum err remove_parts(const struct files *files)
{
	enum err err = remove_all(files, PART);

	if (folder_remove(files->directory_fd, CERTIFICATES_COMPLETE) != ERR_OK)
		err = failed("removing", CERTIFICATES_COMPLETE);
	return err;
}

static enum err restore_copy(const struct files *files, const struct restore *restore, bool *compared)
{
	enum err err = remove_parts(files);

	if (err == ERR_OK)
		err = copy_both(files, restore->from);
	if (err == ERR_OK)
		err = prepare(files, restore, compared);
	if (err == ERR_OK && restore->certificates != NULL)
		err = restore->certificates(restore->certificates_context, files->directory_fd,
					    CERTIFICATES_COMPLETE);
	if (err == ERR_OK)
		err = complete(files);
	if (err != ERR_OK)
		(void)remove_parts(files);
	return err == ERR_OK ? restore_finish(files) : err;
}

enum err restore_run(const char *directory, const struct restore *restore, bool *compared)
{
	struct files files = { .directory_fd = -1, .lock_fd = -1 };
	enum err err = files_open(directory, &files);

	if (err == ERR_OK)
		err = files_check_owned("restore", directory, files.directory_fd);
	if (err == ERR_OK)
		err = restore_finish(&files);
	if (err == ERR_OK)
		err = restore_copy(&files, restore, compared);
	files_close(&files);
	return err;
}
