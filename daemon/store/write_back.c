/* SPDX-License-Identifier: ISC */
#include "store/write_back.h"

#include "base/progress.h"
#include "store/condition.h"
#include "store/store.h"
#include "store/store_private.h"

/* Four times what SQLite leaves by itself. */
#define LOG_LONG ((off_t)16 << 20)

/* A log that is written back keeps its length until it is begun anew. */
bool write_back_is_due(const struct store *store)
{
	return store->files.log.status.st_size > LOG_LONG && store->written_back != store->generation;
}

static void checkpoint(void *db)
{
	(void)sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

/* It writes nothing into the log: what has changed there meanwhile is somebody else's. */
void write_back(struct store *store)
{
	struct stat log;

	if (!write_back_is_due(store))
		return;
	store_look(store);
	if (condition_of(store) != CONDITION_OK)
		return;
	store->written_back = store->generation;
	log = store->files.log.status;
	progress_through(checkpoint, store->connection.db);
	files_note(&store->files);
	store->files.log.status = log;
}
