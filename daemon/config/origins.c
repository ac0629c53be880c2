/* SPDX-License-Identifier: ISC */
#include "config/origins.h"

#include "base/file.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static enum err put_link(const char *directory, const char *name, struct names *paths)
{
	char *path = file_path(directory, name);
	enum err err = path != NULL ? names_put(paths, path) : ERR_NO_MEMORY;

	free(path);
	return err;
}

/* A file system that does not tell costs a look at each. */
static enum err put_links(const char *directory, struct names *paths)
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;
	enum err err = ERR_OK;

	while (err == ERR_OK && dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.' && (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN))
			err = put_link(directory, entry->d_name, paths);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return err;
}

/* The first is the file itself.  What many ask for is mostly one thing. */
static enum err put_asked(const struct said *said, struct names *paths)
{
	enum err err = ERR_OK;

	for (size_t i = 1; err == ERR_OK && i < said->stamps.count; i++) {
		const char *path = said->stamps.item[i].path;

		if (paths->count == 0 || strcmp(paths->item[paths->count - 1], path) != 0)
			err = names_put(paths, path);
	}
	return err;
}

enum err origins_of_domains(const char *directory, const struct domains *domains, struct names *paths)
{
	enum err err = put_links(directory, paths);

	for (size_t i = 0; err == ERR_OK && domains != NULL && i < domains->files; i++)
		err = put_asked(domains->file[i], paths);
	names_sort(paths);
	return err;
}
