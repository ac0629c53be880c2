/* SPDX-License-Identifier: ISC */
#include "store/condition.h"

#include "base/file.h"
#include "store/store_private.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
			 "let the service's user own it, check whether its file system is mounted read-only, "
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

/* Of a directory's entries, so that a strange one cannot hold a load up. */
#define ENTRIES_LIMIT 100000

/* What is wrong in one directory. */
struct watch {
	struct complaints *complaints;
	const char *directory;
	char *first; /* the first entry that others may write to */
	char mode[8];
	size_t count;
};

static bool is_open(const struct stat *status)
{
	return (status->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

static void write_mode(const struct stat *status, char mode[8])
{
	(void)snprintf(mode, 8, "%04o", (unsigned)status->st_mode & 07777u);
}

static void look_at_entry(struct watch *watch, const char *name)
{
	char *path = file_path(watch->directory, name);
	struct stat status;

	/* A link says nothing of its own, and what is no file cannot be written to. */
	if (path != NULL && lstat(path, &status) == 0 &&
	    (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) && is_open(&status) && watch->count++ == 0) {
		write_mode(&status, watch->mode);
		watch->first = path;
		path = NULL;
	}
	free(path);
}

static void tell_entries(const struct watch *watch)
{
	char value[64];

	if (watch->first == NULL)
		return;
	if (watch->count > 1)
		(void)snprintf(value, sizeof(value), "%s, and %zu more", watch->mode, watch->count - 1);
	else
		(void)snprintf(value, sizeof(value), "%s", watch->mode);
	complain(watch->complaints, SEVERITY_WARNING, watch->first, 0, "state may be written by other users",
		 value, "chmod go-w: whoever writes there decides what is published");
}

static void look_at_entries(const char *directory, struct complaints *complaints)
{
	struct watch watch = { .complaints = complaints, .directory = directory };
	DIR *dir = opendir(directory);
	struct dirent *entry;

	for (size_t i = 0; dir != NULL && i < ENTRIES_LIMIT && (entry = readdir(dir)) != NULL; i++) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			look_at_entry(&watch, entry->d_name);
	}
	if (dir != NULL)
		(void)closedir(dir);
	tell_entries(&watch);
	free(watch.first);
}

static void look_at_directory(const char *state, struct complaints *complaints)
{
	struct stat status;
	char value[32];

	/* What cannot be looked at the store complains about. */
	if (stat(state, &status) != 0)
		return;
	write_mode(&status, value);
	if (is_open(&status))
		complain(complaints, SEVERITY_WARNING, state, 0,
			 "state directory may be written by other users", value,
			 "chmod 0700: whoever writes there decides what is published");
	if (status.st_uid == 0 || status.st_uid == geteuid())
		return;
	(void)snprintf(value, sizeof(value), "user id %lu", (unsigned long)status.st_uid);
	complain(complaints, SEVERITY_WARNING, state, 0, "state directory belongs to another user", value,
		 "chown it to the service's user, with everything in it");
}

void condition_check_custody(const char *state, struct complaints *complaints)
{
	char *certificates = file_path(state, "certificates");

	look_at_directory(state, complaints);
	look_at_entries(state, complaints);
	if (certificates != NULL)
		look_at_entries(certificates, complaints);
	free(certificates);
}
