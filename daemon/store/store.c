/* SPDX-License-Identifier: ISC */
#include "store/store.h"

#include "base/file.h"
#include "base/log_event.h"
#include "store/schema.h"
#include "store/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define RESERVE_SIZE (8L << 20)

struct store_txn {
	struct store *store;
	bool modest; /* may not have the reserve */
};

struct store {
	struct sql_connection connection;
	struct store_txn txn; /* there is never more than one */
	char *database_path;
	char *reserve_path;
	int lock_fd;
	sqlite3_int64 generation; /* how many transactions the database has seen */
	bool doubtful;
	bool made_room; /* the reserve was given up for the last transaction */
};

struct sql_connection *store_connection(struct store *store)
{
	return &store->connection;
}

struct sql_connection *store_txn_connection(struct store_txn *txn)
{
	return &txn->store->connection;
}

/* The lock outlives every reopening of the database and goes with the process, however that ends. */
static enum err lock(struct store *store, const char *directory)
{
	char *path = file_path(directory, "lock");
	enum err err = ERR_OK;

	if (path == NULL)
		return ERR_NO_MEMORY;
	store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (store->lock_fd < 0) {
		log_error("store, %s cannot be opened (%s): the state directory must exist and belong to the "
			  "service's user",
			  path, strerror(errno));
		err = ERR_STORE;
	} else if (flock(store->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		log_error("store, %s is locked: another mta-stsd runs on this state directory", path);
		err = ERR_EXISTS;
	}
	free(path);
	return err;
}

static enum err read_generation(struct store *store, sqlite3_int64 *generation)
{
	sqlite3_stmt *statement = sql_take(&store->connection, SQL_GENERATION);
	enum err err = sql_next(&store->connection, statement);

	if (err != ERR_OK)
		return ERR_STORE;
	*generation = sqlite3_column_int64(statement, 0);
	(void)sqlite3_reset(statement);
	return ERR_OK;
}

/* On a full disk the reserve is what the next attempt has. */
static void give_up_reserve(struct store *store)
{
	bool full = store->connection.full;

	store->connection.full = false;
	if (!full || store->txn.modest)
		return;
	if (unlink(store->reserve_path) != 0)
		return;
	store->made_room = true;
	log_event(EVENT_RESERVE_GIVEN_UP, NULL,
		  "store, disk full: reserve given up; make room where the state directory is");
}

static enum err open_database(struct store *store)
{
	enum err err = sql_open(&store->connection, store->database_path);

	if (err == ERR_OK)
		err = schema_migrate(&store->connection);
	if (err == ERR_OK)
		err = read_generation(store, &store->generation);
	return err;
}

enum err store_open(const char *directory, struct store **store)
{
	struct store *new = calloc(1, sizeof(*new));
	enum err err = ERR_NO_MEMORY;

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->lock_fd = -1;
	new->txn.store = new;
	new->database_path = file_path(directory, "mta-stsd.db");
	new->reserve_path = file_path(directory, "reserve");
	if (new->database_path != NULL &&new->reserve_path != NULL)
		err = lock(new, directory);
	if (err == ERR_OK)
		err = open_database(new);
	if (err == ERR_STORE) {
		give_up_reserve(new);
		sql_close(&new->connection);
		if (store_made_room(new))
			err = open_database(new);
	}
	if (err != ERR_OK) {
		store_close(&new);
		return err;
	}
	(void)store_keep_reserve(new);
	*store = new;
	return ERR_OK;
}

void store_close(struct store **store)
{
	struct store *old = *store;

	if (old == NULL)
		return;
	sql_close(&old->connection);
	if (old->lock_fd >= 0)
		(void)close(old->lock_fd);
	free(old->database_path);
	free(old->reserve_path);
	free(old);
	*store = NULL;
}

static enum err begin(struct store *store, bool modest, struct store_txn **txn)
{
	struct store_txn *new = &store->txn;
	enum err err;

	if (store->doubtful)
		return ERR_UNKNOWN;
	new->modest = modest;
	store->made_room = false;
	err = sql_run(&store->connection, SQL_BEGIN);
	if (err == ERR_OK)
		err = sql_run(&store->connection, SQL_COUNT_UP);
	if (err == ERR_OK)
		*txn = new;
	else
		store_rollback(&new);
	return err;
}

enum err store_begin(struct store *store, struct store_txn **txn)
{
	return begin(store, false, txn);
}

enum err store_begin_modest(struct store *store, struct store_txn **txn)
{
	return begin(store, true, txn);
}

void store_rollback(struct store_txn **txn)
{
	if (*txn == NULL)
		return;
	give_up_reserve((*txn)->store);
	/* Some errors roll back by themselves; a second time would be an error of its own. */
	if (sqlite3_get_autocommit((*txn)->store->connection.db) == 0)
		(void)sql_run(&(*txn)->store->connection, SQL_ROLLBACK);
	*txn = NULL;
}

enum err store_reopen(struct store *store)
{
	sqlite3_int64 generation;
	enum err err;

	sql_close(&store->connection);
	store->doubtful = true;
	err = sql_open(&store->connection, store->database_path);
	/*
	 * What is in the log now may be there only because its fsync failed after the write.  A checkpoint
	 * writes it once more, into the database, and syncs that: only then is it on disk.  It says 1 when a
	 * reader of the database is in its way; who reads then also keeps us from seeing what the log holds.
	 */
	if (err == ERR_OK)
		err = sql_expect(&store->connection, "PRAGMA wal_checkpoint(TRUNCATE)", "0");
	if (err == ERR_OK)
		err = read_generation(store, &generation);
	if (err != ERR_OK) {
		sql_close(&store->connection);
		return ERR_STORE;
	}
	store->generation = generation;
	store->doubtful = false;
	return ERR_OK;
}

enum err store_commit(struct store_txn **txn)
{
	struct store *store = (*txn)->store;
	sqlite3_int64 wanted = store->generation + 1;

	if (sql_run(&store->connection, SQL_COMMIT) == ERR_OK) {
		store->generation = wanted;
		*txn = NULL;
		return ERR_OK;
	}
	/* The files may not open again without the reserve, and then the next order would find them closed.
	 */
	if ((*txn)->modest && store->connection.full) {
		store_rollback(txn);
		return ERR_STORE;
	}
	log_warning("store, commit failed: opening the files again to see what they hold");
	store_rollback(txn);
	if (store_reopen(store) != ERR_OK) {
		log_event(
			EVENT_STORE_DOUBTFUL, NULL,
			"store, unknown whether the last transaction is on disk (the files cannot be read)");
		return ERR_UNKNOWN;
	}
	return store->generation == wanted ? ERR_OK : ERR_STORE;
}

bool store_is_doubtful(const struct store *store)
{
	return store->doubtful;
}

bool store_made_room(struct store *store)
{
	bool made = store->made_room;

	store->made_room = false;
	return made;
}

bool store_keep_reserve(struct store *store)
{
	int fd = open(store->reserve_path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int failed = fd < 0 ? errno : posix_fallocate(fd, 0, RESERVE_SIZE);

	if (fd >= 0)
		(void)close(fd);
	if (failed == 0)
		return true;
	(void)unlink(store->reserve_path);
	return false;
}
