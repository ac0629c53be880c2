/* SPDX-License-Identifier: ISC */
#include "store/soundness.h"

#include "base/progress.h"
#include "log/log_event.h"
#include "store/schema_private.h"
#include "store/soundness_private.h"
#include "store/store_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* After so many instructions of its machine SQLite asks whether to go on. */
#define INSTRUCTIONS 100000

/* Behind the line of files_stamp(), which older versions read and write, too: "sealed 0123456789abcdef\n" */
#define SEAL_PLACE ((off_t)32)
#define SEAL_SIZE  32

/* Nobody can set the time of the last change of a file. */
static uint64_t sum_up(const struct stat *status)
{
	const uint64_t told[] = {
		(uint64_t)status->st_dev,          (uint64_t)status->st_ino,
		(uint64_t)status->st_size,         (uint64_t)status->st_mtim.tv_sec,
		(uint64_t)status->st_mtim.tv_nsec, (uint64_t)status->st_ctim.tv_sec,
		(uint64_t)status->st_ctim.tv_nsec,
	};

	return text_sum(TEXT_SUM_EMPTY, told, sizeof(told));
}

/* What is in a log belongs to the database, and its stat does not tell of it. */
static bool tell_seal(const struct files *files, char seal[SEAL_SIZE])
{
	struct stat database, log;

	if (stat(files->database.path, &database) != 0 ||
	    (stat(files->log.path, &log) == 0 && log.st_size > 0))
		return false;
	(void)snprintf(seal, SEAL_SIZE, "sealed %016" PRIx64 "\n", sum_up(&database));
	return true;
}

bool soundness_unseal(const struct files *files)
{
	char seal[SEAL_SIZE] = { 0 }, found[SEAL_SIZE] = { 0 };
	bool sealed = pread(files->lock_fd, found, sizeof(found) - 1, SEAL_PLACE) > 0 &&
		      tell_seal(files, seal) && strcmp(seal, found) == 0;

	return ftruncate(files->lock_fd, SEAL_PLACE) == 0 && sealed;
}

bool soundness_seal(const struct files *files)
{
	const struct stat *known = &files->database.status;
	struct stat now;
	char seal[SEAL_SIZE];

	/* Whoever has put another file there since it was closed has not had it looked through. */
	if (known->st_ino != 0 && (stat(files->database.path, &now) != 0 || now.st_dev != known->st_dev ||
				   now.st_ino != known->st_ino))
		return false;
	return tell_seal(files, seal) &&
	       pwrite(files->lock_fd, seal, strlen(seal), SEAL_PLACE) == (ssize_t)strlen(seal);
}

void soundness_log(const struct store *store, const char *what)
{
	log_event(EVENT_STORE_DAMAGED,
		  &(struct log_fields){ .file = store->files.database.path, .reason = what },
		  "store, %s is damaged (%s): see \"When the state is damaged\" in mta-stsd(8)",
		  store->files.database.path, what);
}

enum err soundness_open(struct store *store, bool sealed)
{
	struct sql_connection *sql = &store->connection;
	int version = 0;
	enum err err = schema_check(sql, &version);

	store->assumed = err == ERR_OK && sealed && version == schema_current();
	if (err == ERR_OK && version > 0 && !store->assumed)
		err = schema_find_damage(sql, version, &store->damage);
	if (err == ERR_OK && store->damage.len == 0)
		err = schema_migrate(sql, version);
	if (err == ERR_OK && store->damage.len == 0) {
		err = sql_prepare(sql);
		if (err == ERR_STORE)
			err = text_appendf(&store->damage, "a table or a column is missing");
	}
	if (err != ERR_OK || store->damage.len == 0)
		return err;
	soundness_log(store, store->damage.bytes);
	return version == schema_current() ? ERR_OK : ERR_STORE;
}

bool soundness_is_assumed(const struct store *store)
{
	return store->assumed;
}

/* A look through all of it, on a thread of its own. */
struct look {
	struct sql_connection *connection;
	struct text damage;
	bool stopped;
	enum err err;
};

static int is_stopped(void *stopped)
{
	*(bool *)stopped = progress_is_stopped();
	return *(bool *)stopped;
}

static void look_through(void *context)
{
	struct look *look = context;
	sqlite3 *db = look->connection->db;

	sqlite3_progress_handler(db, INSTRUCTIONS, is_stopped, &look->stopped);
	look->err = schema_find_damage(look->connection, schema_current(), &look->damage);
	sqlite3_progress_handler(db, 0, NULL, NULL);
	if (look->stopped)
		look->err = ERR_STOPPED;
}

enum err soundness_find(struct store *store, bool *damaged)
{
	struct look look = { .connection = &store->connection };

	*damaged = false;
	if (!store->assumed || store->connection.db == NULL)
		return ERR_OK;
	progress_through(look_through, &look);
	if (look.err != ERR_OK) {
		text_free(&look.damage);
		return look.err;
	}
	store->assumed = false;
	text_free(&store->damage);
	store->damage = look.damage;
	*damaged = store->damage.len > 0 || store->connection.corrupt;
	if (store->damage.len > 0)
		soundness_log(store, store->damage.bytes);
	return ERR_OK;
}
