/* SPDX-License-Identifier: ISC */
#include "tls/walk.h"

#include "base/file.h"
#include "tls/layouts.h"

#include <dirent.h>
#include <errno.h>
#include <search.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct walker {
	struct finds finds;
	struct complaints *complaints;
	void *places; /* tsearch() tree: the directories that were entered */
	size_t entries;
};

/* Which directory it is, whatever path leads there. */
struct place {
	dev_t device;
	ino_t inode;
};

static int by_place(const void *a, const void *b)
{
	const struct place *one = a, *other = b;

	if (one->device != other->device)
		return one->device < other->device ? -1 : 1;
	return one->inode == other->inode ? 0 : one->inode < other->inode ? -1 : 1;
}

static enum err enter(struct walker *walker, const struct stat *status, bool *first)
{
	struct place *place = malloc(sizeof(*place));
	struct place **found;

	if (place == NULL)
		return ERR_NO_MEMORY;
	*place = (struct place){ status->st_dev, status->st_ino };
	found = tsearch(place, &walker->places, by_place);
	*first = found != NULL && *found == place;
	if (!*first)
		free(place);
	return found != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static enum err list(struct walker *walker, struct folder *folder, DIR *dir)
{
	enum err err = ERR_OK;
	struct dirent *entry;

	while (err == ERR_OK && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (walker->entries++ == WALK_ENTRIES_LIMIT)
			complain(walker->complaints, SEVERITY_ERROR, folder->path, 0, "one file too many",
				 NULL, "keep nothing but certificates here: a million files are looked at");
		if (walker->entries > WALK_ENTRIES_LIMIT)
			break;
		err = names_put(&folder->entries, entry->d_name);
	}
	names_sort(&folder->entries);
	return err;
}

/* Read one directory and close it again before going deeper, so that depth costs no descriptors. */
static enum err read_folder(struct walker *walker, struct folder *folder)
{
	DIR *dir = opendir(folder->path);
	enum err err = ERR_OK;
	struct stat status;
	bool first = false;

	if (dir == NULL || fstat(dirfd(dir), &status) != 0)
		complain_directory(walker->complaints, folder->path);
	else
		err = enter(walker, &status, &first);
	if (err == ERR_OK && first)
		err = list(walker, folder, dir);
	if (dir != NULL)
		(void)closedir(dir);
	return err;
}

static enum err visit(struct walker *walker, const char *path, unsigned depth);

static enum err visit_entry(struct walker *walker, const struct folder *folder, const char *name,
			    unsigned depth)
{
	char *path = file_path(folder->path, name);
	struct stat status;
	enum err err = ERR_OK;

	if (path == NULL)
		return ERR_NO_MEMORY;
	/* What cannot be looked at counts as a file here: whoever reads it says why. */
	if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
		err = layouts_take(folder, name, &walker->finds, walker->complaints);
	else if (!layouts_skip(folder, name))
		err = visit(walker, path, depth + 1);
	free(path);
	return err;
}

static enum err visit(struct walker *walker, const char *path, unsigned depth)
{
	struct folder folder = { .path = path };
	enum err err;

	if (depth > WALK_DEPTH_LIMIT) {
		complain(walker->complaints, SEVERITY_WARNING, path, 0, "lies too deep to be looked into",
			 NULL, "move it up: eight folders below a configured one are looked into");
		return ERR_OK;
	}
	err = read_folder(walker, &folder);
	for (size_t i = 0; err == ERR_OK && i < folder.entries.count; i++)
		err = visit_entry(walker, &folder, folder.entries.item[i], depth);
	names_free(&folder.entries);
	return err;
}

static enum err visit_root(struct walker *walker, const char *directory)
{
	size_t len = strlen(directory);
	enum err err = ERR_NO_MEMORY;
	char *path;

	while (len > 1 && directory[len - 1] == '/')
		len--;
	path = strndup(directory, len);
	if (path != NULL)
		err = visit(walker, path, 0);
	free(path);
	return err;
}

enum err walk_directories(const struct names *directories, struct complaints *complaints, struct finds *finds)
{
	struct walker walker = { .complaints = complaints };
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < directories->count; i++)
		err = visit_root(&walker, directories->item[i]);
	tdestroy(walker.places, free);
	if (err != ERR_OK) {
		finds_free(&walker.finds);
		return err;
	}
	finds_sort(&walker.finds);
	*finds = walker.finds;
	return ERR_OK;
}
