/* SPDX-License-Identifier: ISC */
#include "store/backup.h"

#include "base/file.h"
#include "base/folder.h"
#include "log/log.h"
#include "store/schema_private.h"
#include "store/store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As messages call it. */
#define COPY "the copy of the database"

static enum err copy_failed(const char *doing, const char *what, const char *why)
{
	log_error("backup, %s %s failed (%s)", doing, what, why);
	return ERR_STORE;
}

/* All at once, in one transaction of the reader: what is committed meanwhile is not in it, and waits for
 * nobody. */
static enum err copy_pages(struct sql_connection *from, sqlite3 *to)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from->db, "main");
	int result = backup != NULL ? sqlite3_backup_step(backup, -1) : SQLITE_ERROR;

	if (backup != NULL)
		(void)sqlite3_backup_finish(backup);
	if (result == SQLITE_DONE)
		return ERR_OK;
	return copy_failed("copying to", COPY, backup != NULL ? sqlite3_errstr(result) : sqlite3_errmsg(to));
}

/* Without a journal: a copy that is not complete is thrown away. */
static enum err copy(struct sql_connection *from, int folder)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	char path[SQL_PATH_SIZE];
	sqlite3 *to = NULL;
	enum err err = ERR_OK;

	(void)sql_path_in(folder, BACKUP_DATABASE, path);
	if (sqlite3_open_v2(path, &to, flags, sql_vfs_in_place()) != SQLITE_OK ||
	    sqlite3_exec(to, "PRAGMA journal_mode = OFF", NULL, NULL, NULL) != SQLITE_OK)
		err = copy_failed("making", COPY, to != NULL ? sqlite3_errmsg(to) : "out of memory");
	if (err == ERR_OK)
		err = copy_pages(from, to);
	if (sqlite3_close(to) != SQLITE_OK && err == ERR_OK)
		err = copy_failed("closing", COPY, "it is in use");
	return err;
}

static enum err read_number(struct sql_connection *sql, const char *query, int64_t *number)
{
	sqlite3_stmt *statement = NULL;
	enum err err = ERR_OK;

	if (sqlite3_prepare_v2(sql->db, query, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		*number = sqlite3_column_int64(statement, 0);
	else
		err = copy_failed("reading back", query, sqlite3_errmsg(sql->db));
	(void)sqlite3_finalize(statement);
	return err;
}

static enum err refuse(const char *database, const char *what)
{
	log_error("backup, %s is refused (%s): see mta-stsctl status, and \"When the state is damaged\" in "
		  "mta-stsd(8)",
		  database, what);
	return ERR_REFUSED;
}

/* What was noted before the copy was made it must have seen; one of an older program has no count to ask. */
static enum err check_age(struct sql_connection *sql, const char *database, int version, int64_t stamped)
{
	int64_t generation = 0;
	enum err err = ERR_OK;

	if (version < schema_current() || stamped < 0)
		return ERR_OK;
	err = read_number(sql, "SELECT generation FROM store", &generation);
	if (err == ERR_OK && generation < stamped)
		err = refuse(database, "it has seen less than mta-stsd has written: another file lies in its "
				       "place");
	return err;
}

static enum err check(struct sql_connection *sql, const char *database, int64_t stamped,
		      struct backup_facts *facts)
{
	struct text damage = { 0 };
	enum err err = schema_check(sql, &facts->schema);

	if (err == ERR_OK && facts->schema == 0)
		err = refuse(database, "it is empty");
	if (err == ERR_OK)
		err = schema_find_damage(sql, facts->schema, &damage);
	if (err == ERR_OK && damage.len > 0)
		err = refuse(database, damage.bytes);
	if (err == ERR_OK)
		err = check_age(sql, database, facts->schema, stamped);
	if (err == ERR_OK)
		err = read_number(sql, "SELECT count(*) FROM revision WHERE superseded_at IS NULL",
				  &facts->domains);
	if (err == ERR_OK)
		err = read_number(sql, "SELECT count(*) FROM revision", &facts->revisions);
	text_free(&damage);
	return err;
}

/* It is opened as a restore opens it, so that one that cannot be is found today. */
static enum err read_back(const char *database, int folder, int64_t stamped, struct backup_facts *facts)
{
	struct sql_connection sql = { 0 };
	enum err err = sql_open_in(&sql, folder, BACKUP_DATABASE);

	if (err != ERR_OK)
		return sql.corrupt ? refuse(database, "it is not a database, or damaged") : err;
	err = check(&sql, database, stamped, facts);
	sql_close(&sql, true);
	if (err == ERR_OK && folder_sync(folder, BACKUP_DATABASE) != ERR_OK)
		err = copy_failed("syncing", COPY, strerror(errno));
	return err;
}

/*
 * A log that holds something belongs to a daemon, or to one that was killed: it stays as it is.  One that
 * this connection made is taken away again.
 */
static enum err copy_from(const char *database, int state, int to)
{
	struct sql_connection from = { 0 };
	bool used = faccessat(state, BACKUP_DATABASE "-wal", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	enum err err = sql_open_in(&from, state, BACKUP_DATABASE);

	if (err != ERR_OK)
		return from.corrupt ? refuse(database, "it is not a database, or damaged") : err;
	err = copy(&from, to);
	sql_close(&from, !used);
	return err;
}

/* By its descriptor, and no link in it is followed: the directory is the service's user's. */
static enum err open_state(const char *state, const char *database, int *fd)
{
	*fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd >= 0 && faccessat(*fd, BACKUP_DATABASE, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return files_check_owned("backup", state, *fd);
	log_error("backup, %s is not there (%s): check \"state\" in the settings, and who runs this",
		  database, strerror(errno));
	return ERR_NOT_FOUND;
}

enum err backup_database(const char *state, int to, struct backup_facts *facts)
{
	char *database = file_path(state, BACKUP_DATABASE);
	int64_t stamped = -1;
	int fd = -1;
	enum err err = database != NULL ? open_state(state, database, &fd) : ERR_NO_MEMORY;

	if (err == ERR_OK)
		err = files_stamped(state, &stamped);
	if (err == ERR_OK)
		err = copy_from(database, fd, to);
	if (err == ERR_OK)
		err = read_back(database, to, stamped, facts);
	if (fd >= 0)
		(void)close(fd);
	free(database);
	return err;
}
