/* SPDX-License-Identifier: ISC */
#include "certs/entries_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A byte stands before each name, its type. */
static enum err put(struct entries *entries, const struct dirent *entry)
{
	const char type = (char)entry->d_type;
	enum err err = text_append(&entries->bytes, &type, 1);

	entries->linked = entries->linked || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
	entries->names.count++;
	return err == ERR_OK ? text_append(&entries->bytes, entry->d_name, strlen(entry->d_name) + 1) : err;
}

static enum err put_all(DIR *dir, size_t most, struct entries *entries)
{
	struct dirent *entry;
	enum err err = ERR_OK;

	for (errno = 0; err == ERR_OK && (entry = readdir(dir)) != NULL; errno = 0) {
		if (entry->d_name[0] == '.')
			continue;
		err = put(entries, entry);
		if (err == ERR_OK && entries->names.count > most)
			err = ERR_RANGE;
	}
	return err == ERR_OK && errno != 0 ? ERR_IO : err;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A directory that changes while it is read may tell of a name twice. */
static void sort(struct names *names)
{
	size_t kept = 0;

	qsort(names->item, names->count, sizeof(*names->item), by_name);
	for (size_t i = 0; i < names->count; i++) {
		if (kept == 0 || strcmp(names->item[kept - 1], names->item[i]) != 0)
			names->item[kept++] = names->item[i];
	}
	names->count = kept;
}

enum err entries_list(DIR *dir, size_t most, struct entries *entries)
{
	enum err err = put_all(dir, most, entries);
	struct names *names = &entries->names;
	int problem = errno;
	char *at = entries->bytes.bytes;

	if (err == ERR_NO_MEMORY || names->count == 0) {
		names->count = 0;
		errno = problem;
		return err;
	}
	names->item = calloc(names->count, sizeof(*names->item));
	if (names->item == NULL) {
		names->count = 0;
		return ERR_NO_MEMORY;
	}
	for (size_t i = 0; i < names->count; i++) {
		names->item[i] = at + 1;
		at += strlen(at + 1) + 2;
	}
	sort(names);
	errno = problem;
	return err;
}

unsigned char entries_type(const char *name)
{
	return (unsigned char)name[-1];
}

void entries_free(struct entries *entries)
{
	free(entries->names.item);
	text_free(&entries->bytes);
	*entries = (struct entries){ .linked = false };
}
