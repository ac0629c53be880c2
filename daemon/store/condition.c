/* SPDX-License-Identifier: ISC */
#include "store/condition.h"

#include "store/store_private.h"

#include <stdio.h>

static bool is_damaged(const struct store *store)
{
	return store->damage.len > 0 || store->connection.corrupt;
}

enum condition condition_of(const struct store *store)
{
	if (store->doubtful)
		return CONDITION_DOUBTFUL;
	if (is_damaged(store))
		return CONDITION_DAMAGED;
	return store->read_only ? CONDITION_READ_ONLY : CONDITION_OK;
}

const char *condition_text(enum condition condition)
{
	static const char *const words[CONDITIONS] = {
		[CONDITION_DOUBTFUL] = "doubtful",
		[CONDITION_DAMAGED] = "damaged",
		[CONDITION_READ_ONLY] = "read-only",
		[CONDITION_OK] = "ok",
	};

	return condition < CONDITIONS ? words[condition] : "unknown";
}

void condition_complain(const struct store *store, struct complaints *complaints)
{
	const char *path = store->files.database.path;
	char value[64];

	if (store->doubtful)
		complain(complaints, SEVERITY_ERROR, store->fault.path != NULL ? store->fault.path : path, 0,
			 store->fault.what != NULL ? store->fault.what : "cannot be read", NULL,
			 "orders are not written until it is put back or readable; what was published is "
			 "served on: see "
			 "\"When the state is damaged\" in mta-stsd(8)");
	else if (is_damaged(store))
		complain(complaints, SEVERITY_ERROR, path, 0, "state is damaged",
			 store->damage.len > 0 ? store->damage.bytes : "a part of it cannot be read",
			 "orders and changed files are not written, and what can be proven is served: "
			 "restore a copy with "
			 "mta-stsd --restore FILE, see \"When the state is damaged\" in mta-stsd(8)");
	else if (store->read_only)
		complain(complaints, SEVERITY_ERROR, path, 0, "state cannot be written", NULL,
			 "let the service's user own it, look whether its file system is mounted read-only, "
			 "and restart");
	if (store->last_run == 0)
		return;
	(void)snprintf(value, sizeof(value), "transactions: %lld found, %lld then", (long long)store->found,
		       (long long)store->last_run);
	complain(complaints, SEVERITY_ERROR, path, 0, "state is older than when it was last in use", value,
		 "what was ordered since is not in it: look at mta-stsctl list, and order it again; mta-stsd "
		 "--restore FILE "
		 "is the way to put a copy back");
}
