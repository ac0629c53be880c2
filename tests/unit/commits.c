/* SPDX-License-Identifier: ISC */
/* wrap: store_commit store_is_doubtful store_made_room store_reopen */
#include "commits.h"

#include <stddef.h>

enum err commits_fault[2];
bool commits_written;
bool commits_room;
void (*commits_before)(void);
unsigned commits_count;

static bool doubtful;

__typeof__(store_commit) __real_store_commit;
__typeof__(store_reopen) __real_store_reopen;
__typeof__(store_commit) __wrap_store_commit;
__typeof__(store_made_room) __wrap_store_made_room;
__typeof__(store_is_doubtful) __wrap_store_is_doubtful;
__typeof__(store_reopen) __wrap_store_reopen;

void commits_reset(void)
{
	commits_fault[0] = commits_fault[1] = ERR_OK;
	commits_written = false;
	commits_room = false;
	commits_before = NULL;
	commits_count = 0;
	doubtful = false;
}

enum err __wrap_store_commit(struct store_txn **txn)
{
	enum err fault = commits_fault[0];
	bool written = commits_written;

	commits_count++;
	if (commits_before != NULL)
		commits_before();
	commits_fault[0] = commits_fault[1];
	commits_fault[1] = ERR_OK;
	commits_written = false;
	if (fault == ERR_OK)
		return __real_store_commit(txn);
	if (written)
		(void)__real_store_commit(txn);
	store_rollback(txn);
	doubtful = fault == ERR_UNKNOWN;
	return fault;
}

bool __wrap_store_made_room(struct store *store)
{
	bool made = commits_room;

	(void)store;
	commits_room = false;
	return made;
}

bool __wrap_store_is_doubtful(const struct store *store)
{
	(void)store;
	return doubtful;
}

enum err __wrap_store_reopen(struct store *store)
{
	doubtful = false;
	return __real_store_reopen(store);
}
