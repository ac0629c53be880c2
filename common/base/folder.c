/* SPDX-License-Identifier: ISC */
#include "base/folder.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Deeper than anything of ours. */
#define DEPTH_LIMIT 8

enum err folder_list(const char *path, struct names *names)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	enum err err = ERR_OK;

	if (dir == NULL)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	while (err == ERR_OK && (errno = 0, entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.')
			err = names_put(names, entry->d_name);
	}
	if (err == ERR_OK && errno != 0)
		err = ERR_IO;
	(void)closedir(dir);
	names_sort(names);
	return err;
}

enum err folder_give_open(int fd, const struct stat *owner)
{
	return geteuid() != 0 || fchown(fd, owner->st_uid, owner->st_gid) == 0 ? ERR_OK : ERR_IO;
}

/* What closes may fail as well, and the cause that was there first is the one to tell. */
static enum err close_after(int fd, enum err err)
{
	int cause = errno;

	if (close(fd) != 0)
		return err == ERR_OK ? ERR_IO : err;
	errno = cause;
	return err;
}

enum err folder_give(int parent, const char *name, const struct stat *owner)
{
	int fd = openat(parent, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 ? close_after(fd, folder_give_open(fd, owner)) : ERR_IO;
}

/* Whoever may write to the parent may have put another one there before it is opened. */
static bool is_ours(int fd)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return false;
	errno = EPERM;
	return geteuid() != 0 || status.st_uid == 0;
}

enum err folder_make(int parent, const char *name, int *fd)
{
	*fd = -1;
	if (mkdirat(parent, name, 0700) != 0)
		return errno == EEXIST ? ERR_EXISTS : ERR_IO;
	*fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (*fd < 0 || is_ours(*fd))
		return *fd >= 0 ? ERR_OK : ERR_IO;
	(void)close_after(*fd, ERR_IO);
	*fd = -1;
	return ERR_IO;
}

enum err folder_put(int parent, const char *name, const struct text *bytes, const struct stat *owner)
{
	int fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum err err;

	if (fd < 0)
		return errno == EEXIST ? ERR_EXISTS : ERR_IO;
	err = folder_give_open(fd, owner);
	if (err == ERR_OK)
		err = file_write(fd, bytes);
	return close_after(fd, err);
}

enum err folder_replace(int parent, const char *aside, const char *name, const struct text *bytes)
{
	int fd = openat(parent, aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum err err;

	if (fd < 0)
		return ERR_IO;
	err = close_after(fd, file_write(fd, bytes));
	if (err == ERR_OK && renameat(parent, aside, parent, name) != 0)
		err = ERR_IO;
	return err == ERR_OK && fsync(parent) != 0 ? ERR_IO : err;
}

enum err folder_sync(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return ERR_IO;
	return close_after(fd, fsync(fd) == 0 ? ERR_OK : ERR_IO);
}

static enum err remove_at(int parent, const char *name, int depth);

static enum err remove_entries(int folder, int depth)
{
	int fd = dup(folder);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	enum err err = ERR_OK;

	if (dir == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return ERR_IO;
	}
	rewinddir(dir);
	while (err == ERR_OK && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			err = remove_at(folder, entry->d_name, depth + 1);
	}
	(void)closedir(dir);
	return err;
}

static enum err remove_at(int parent, const char *name, int depth)
{
	int fd;
	enum err err;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return ERR_OK;
	if ((errno != EISDIR && errno != EPERM) || depth > DEPTH_LIMIT)
		return ERR_IO;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return ERR_IO;
	err = close_after(fd, remove_entries(fd, depth));
	if (err == ERR_OK && unlinkat(parent, name, AT_REMOVEDIR) != 0)
		err = ERR_IO;
	return err;
}

enum err folder_remove(int parent, const char *name)
{
	return remove_at(parent, name, 0);
}
