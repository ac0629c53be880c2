/* SPDX-License-Identifier: ISC */
#include "store/store.h"

#include "log/log_event.h"
#include "store/condition.h"
#include "store/index_guard_private.h"
#include "store/schema_private.h"
#include "store/soundness_private.h"
#include "store/store_private.h"

#include <inttypes.h>
#include <stdlib.h>

struct sql_connection *store_connection(struct store *store)
{
	return store->aside ? &store->beside : &store->connection;
}

struct sql_connection *store_txn_connection(struct store_txn *txn)
{
	return &txn->store->connection;
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
	if (!full || store->txn.modest || !files_give_up_reserve(&store->files))
		return;
	store->made_room = true;
	log_event(EVENT_RESERVE_GIVEN_UP, NULL,
		  "store, disk full: reserve given up; make room where the state directory is");
}

static enum err open_database(struct store *store, bool make, bool sealed)
{
	enum err err = sql_open(&store->connection, store->files.database.path, make);

	text_free(&store->damage);
	if (err == ERR_OK)
		err = soundness_open(store, sealed);
	if (err == ERR_OK)
		err = read_generation(store, &store->generation);
	if (err == ERR_STORE && store->connection.corrupt && store->damage.len == 0)
		soundness_log(store, "it cannot be opened");
	if (err != ERR_OK)
		return err;
	store->read_only = sqlite3_db_readonly(store->connection.db, "main") == 1;
	if (store->read_only)
		log_error("store, %s may be read but not written: let the service's user own it",
			  store->files.database.path);
	files_adopt(&store->files);
	return ERR_OK;
}

/* What the last run knew of may be missing: a copy was put back by hand. */
static void compare_runs(struct store *store)
{
	if (store->files.stamped <= store->generation)
		return;
	store->found = store->generation;
	store->last_run = store->files.stamped;
	log_warning("store, %s has seen %lld transactions, and %" PRId64
		    " when it was last in use: an older copy lies there",
		    store->files.database.path, (long long)store->generation, store->last_run);
}

static enum err open_first(struct store *store, const char *directory)
{
	bool make = false, sealed = false;
	enum err err = files_open(directory, &store->files);

	if (err == ERR_OK)
		err = restore_finish(&store->files);
	if (err == ERR_OK)
		err = files_check_traces(&store->files, &make);
	if (err == ERR_OK)
		sealed = soundness_unseal(&store->files);
	if (err == ERR_OK)
		err = open_database(store, make, sealed);
	if (err == ERR_STORE) {
		give_up_reserve(store);
		sql_close(&store->connection, false);
		if (store_made_room(store))
			err = open_database(store, make, sealed);
	}
	return err;
}

enum err store_open(const char *directory, struct store **store)
{
	struct store *new = calloc(1, sizeof(*new));
	enum err err;

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->txn.store = new;
	/* Nobody asks how much memory SQLite has, and counting that takes a lock at each allocation. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (!index_guard_begin())
		log_warning("store, this SQLite cannot be guarded: mta-stsd ends if mta-stsd.db-shm is cut "
			    "short");
	err = open_first(new, directory);
	if (err != ERR_OK) {
		new->doubtful = true; /* it was not taken, so nothing of it is touched */
		store_close(&new);
		return err;
	}
	compare_runs(new);
	(void)store_keep_reserve(new);
	*store = new;
	return ERR_OK;
}

void store_close(struct store **store)
{
	struct store *old = *store;
	bool whole;

	if (old == NULL)
		return;
	store_look(old);
	whole = condition_of(old) == CONDITION_OK;
	if (whole && old->connection.db != NULL)
		files_stamp(&old->files, old->generation);
	sql_close(&old->beside, false);
	sql_close(&old->connection, whole);
	if (whole && !old->assumed)
		(void)soundness_seal(&old->files);
	files_close(&old->files);
	text_free(&old->damage);
	free(old);
	*store = NULL;
}

/* From now on nothing is written before store_reopen() has found out what the files hold. */
static void doubt(struct store *store, struct files_fault fault)
{
	store->doubtful = true;
	store->fault = fault;
	log_event(EVENT_STORE_DOUBTFUL, &(struct log_fields){ .file = fault.path, .reason = fault.what },
		  "store, %s %s: nothing is written until it is known what it holds", fault.path, fault.what);
}

void store_look(struct store *store)
{
	struct files_fault fault;

	if (store->connection.db == NULL || store->aside || condition_of(store) != CONDITION_OK)
		return;
	fault = files_changed(&store->files);
	if (fault.what != NULL)
		doubt(store, fault);
}

static enum err begin(struct store *store, bool modest, struct store_txn **txn)
{
	struct store_txn *new = &store->txn;
	enum err err;

	store_look(store);
	if (condition_of(store) != CONDITION_OK)
		return ERR_STORE;
	/* Prepared now, because later there may be no memory to, and the transaction would stay open. */
	if (sql_take(&store->connection, SQL_ROLLBACK) == NULL)
		return ERR_STORE;
	new->modest = modest;
	store->changes = sqlite3_total_changes(store->connection.db);
	store->made_room = false;
	store->wanted = store->generation + 1;
	sql_retry(&store->connection, modest ? &store->evidence_failure : NULL);
	/* Evidence can wait for another writer to end, and the clerk cannot. */
	sql_be_patient(&store->connection, !modest);
	err = sql_run(&store->connection, SQL_BEGIN);
	sql_be_patient(&store->connection, true);
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
	/* A large one stands in the log already, though it does not count. */
	files_note(&(*txn)->store->files);
	sql_retry(&(*txn)->store->connection, NULL);
	*txn = NULL;
}

/* Whether what was found is what this process committed, or more; what others put there has to be sound. */
static enum err believe(struct store *store, sqlite3_int64 generation, bool foreign)
{
	struct text damage = { 0 };
	enum err err = ERR_OK;

	if (generation < store->generation) {
		log_error("store, %s is not taken (it has seen %lld transactions, this process knows of "
			  "%lld): put back what "
			  "was there, or stop mta-stsd and see \"When the state is damaged\" in mta-stsd(8)",
			  store->files.database.path, (long long)generation, (long long)store->generation);
		return ERR_STORE;
	}
	if (foreign)
		err = schema_find_damage(&store->connection, schema_current(), &damage);
	if (err == ERR_OK && damage.len > 0) {
		soundness_log(store, damage.bytes);
		err = ERR_STORE;
	}
	text_free(&damage);
	return err;
}

/*
 * What is in the log now may be there only because its fsync failed after the write.  A checkpoint writes it
 * once more, into the database, and syncs that: only then is it on disk.  It says 1 when a reader of the
 * database is in its way; who reads then also keeps us from seeing what the log holds.
 */
static enum err take_files(struct store *store, bool foreign)
{
	sqlite3_int64 generation = 0;
	enum err err = sql_open(&store->connection, store->files.database.path, false);

	if (err == ERR_OK)
		err = read_generation(store, &generation);
	if (err == ERR_OK)
		err = believe(store, generation, foreign);
	if (err == ERR_OK)
		err = sql_expect(&store->connection, "PRAGMA wal_checkpoint(TRUNCATE)", "0");
	/* Another program may be at work there: what it wrote before this is judged now, what it writes after
	 * it the next look finds. */
	if (err == ERR_OK)
		files_adopt(&store->files);
	if (err == ERR_OK)
		err = read_generation(store, &generation);
	if (err == ERR_OK)
		err = believe(store, generation, false);
	if (err == ERR_OK)
		store->generation = generation;
	return err;
}

void store_follow(struct store *store, struct fate *fate)
{
	*fate = (struct fate){ .open = true };
	store->followed = fate;
	store->followed_to = store->wanted;
}

static void tell_fate(struct store *store)
{
	if (store->followed != NULL)
		*store->followed = (struct fate){ .done = store->generation >= store->followed_to };
	store->followed = NULL;
}

/*
 * After a commit that failed the files have changed, of course.  Files that others have changed or put there
 * are believed less, and not looked at again and again when they were found wanting.  An index tells nothing
 * that is not in the log, and is made anew.
 */
enum err store_reopen(struct store *store)
{
	bool foreign;

	if (store->fault.what == NULL || files_is_of_index(&store->files, store->fault))
		store->fault = files_misplaced(&store->files);
	foreign = store->fault.what != NULL && !files_is_of_index(&store->files, store->fault);
	store->held = false;
	sql_close(&store->beside, false);
	sql_close(&store->connection, false);
	store->doubtful = true;
	if (foreign && (!files_has_directory(&store->files) || !files_are_new(&store->files)))
		return ERR_STORE;
	if (take_files(store, foreign) != ERR_OK) {
		sql_close(&store->connection, false);
		return ERR_STORE;
	}
	store->fault = (struct files_fault){ 0 };
	store->doubtful = false;
	tell_fate(store);
	return ERR_OK;
}

static enum err conclude(struct store *store, sqlite3_int64 generation)
{
	struct files_fault fault = files_misplaced(&store->files);

	store->generation = generation;
	if (fault.what != NULL) {
		doubt(store, fault);
		return ERR_UNKNOWN;
	}
	files_note(&store->files);
	files_stamp(&store->files, generation);
	return ERR_OK;
}

/* While others read aside what was committed before, a long one does not keep them waiting. */
static enum err run_commit(struct store *store)
{
	return store->held ? sql_run_through(&store->connection, SQL_COMMIT)
			   : sql_run(&store->connection, SQL_COMMIT);
}

enum err store_commit(struct store_txn **txn)
{
	struct store *store = (*txn)->store;
	struct files_fault fault = files_misplaced(&store->files);

	if (fault.what != NULL) {
		store_rollback(txn);
		doubt(store, fault);
		return ERR_STORE;
	}
	if (run_commit(store) == ERR_OK) {
		sql_retried(&store->connection, "evidence is written");
		*txn = NULL;
		return conclude(store, store->wanted);
	}
	/* Without the reserve the files may not open again, and the next order would find them closed. */
	if ((*txn)->modest && store->connection.full) {
		store_rollback(txn);
		return ERR_STORE;
	}
	store_rollback(txn);
	if (store_reopen(store) != ERR_OK) {
		log_event(EVENT_STORE_DOUBTFUL, NULL,
			  "store, unknown whether the last transaction is on disk (no file can be read)");
		return ERR_UNKNOWN;
	}
	return store->generation == store->wanted ? ERR_OK : ERR_STORE;
}

time_t store_last_written(const struct store *store)
{
	return store->files.last_written;
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
	store_look(store);
	if (condition_of(store) != CONDITION_OK)
		return false;
	files_stamp(&store->files, store->generation);
	return files_keep_reserve(&store->files);
}
