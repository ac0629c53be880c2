/* SPDX-License-Identifier: ISC */
#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H

/**
 * Inside of the store: store.c keeps it, condition.c tells how it is.
 */

#include "base/text.h"
#include "store/files.h"
#include "store/sql.h"

#include <stdbool.h>
#include <stdint.h>

struct store_txn {
	struct store *store;
	bool modest; /* may not have the reserve */
};

struct store {
	struct sql_connection connection;
	struct store_txn txn; /* there is never more than one */
	struct files files;
	sqlite3_int64 generation; /* how many transactions the database has seen */
	sqlite3_int64 found;      /* how many there were when it was opened */
	int64_t last_run;   /* how many it had seen before, as the lock file says; 0 when it is no more */
	struct text damage; /* what is damaged; empty: nothing */
	struct files_fault fault; /* of the files, for which it is doubtful */
	bool doubtful;
	bool read_only;
	bool made_room; /* the reserve was given up for the last transaction */
};

#endif
