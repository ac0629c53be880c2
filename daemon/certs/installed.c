/* SPDX-License-Identifier: ISC */
#include "certs/installed.h"

#include "base/file.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Hidden from walks; there is never more than one. */
#define ASIDE ".new"

/* More than any pair has that is let through. */
#define ASIDE_LIMIT (1U << 20)

/* Of the first name, so that a file name of any pair is short enough. */
#define STEM_LIMIT 200

static enum err failed(const char *doing, const char *path)
{
	log_error("certificates, %s failed (%s: %s): nothing was changed", doing, path, strerror(errno));
	return ERR_STORE;
}

void installed_clean(const char *directory)
{
	char *aside = file_path(directory, ASIDE);

	if (aside != NULL && unlink(aside) == 0)
		log_notice("certificates, leftover removed (%s): an install was interrupted", aside);
	free(aside);
}

bool installed_has(const char *directory, const char *path)
{
	size_t len = strlen(directory);

	while (len > 1 && directory[len - 1] == '/')
		len--;
	return strncmp(path, directory, len) == 0 && path[len] == '/' && strchr(path + len + 1, '/') == NULL;
}

char *installed_path(const char *directory, const struct facts *info, unsigned number)
{
	char name[STEM_LIMIT + 32];
	char count[16] = "";

	if (number > 1)
		(void)snprintf(count, sizeof(count), "-%u", number);
	(void)snprintf(name, sizeof(name), "%.*s-%s%s.pem", STEM_LIMIT, info->names.item[0],
		       key_kind_text(info->key), count);
	if (name[0] == '*')
		name[0] = '_';
	return file_path(directory, name);
}

bool installed_holds(const char *path, const struct text *pem)
{
	struct file file = { 0 };
	const char *why;
	bool same = file_read(path, pem->len, &file, &why) == ERR_OK && file.len == pem->len &&
		    memcmp(file.bytes, pem->bytes, pem->len) == 0;

	file_free(&file);
	return same;
}

static enum err sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = fd >= 0 ? fsync(fd) : -1;
	int cause = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = cause;
	return result == 0 ? ERR_OK : ERR_IO;
}

/* A directory that a crash takes away again would take the pair with it. */
static enum err make_directory(const char *directory)
{
	const char *slash = strrchr(directory, '/');
	char *parent;
	enum err err;

	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		return failed("making the directory", directory);
	parent = strndup(directory, slash != NULL ? (size_t)(slash - directory) + 1 : 0);
	if (parent == NULL)
		return ERR_NO_MEMORY;
	err = sync_directory(parent[0] != '\0' ? parent : ".");
	if (err != ERR_OK)
		err = failed("syncing", parent);
	free(parent);
	return err;
}

static enum err write_aside(const char *aside, const struct text *pem)
{
	enum err err = ERR_OK;
	int fd;

	(void)unlink(aside);
	fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return failed("making a file", aside);
	if (file_write(fd, pem) != ERR_OK)
		err = failed("writing", aside);
	if (close(fd) != 0 && err == ERR_OK)
		err = failed("writing", aside);
	if (err != ERR_OK)
		(void)unlink(aside);
	return err;
}

enum err installed_write(const char *directory, const struct text *pem)
{
	char *aside = file_path(directory, ASIDE);
	enum err err = aside != NULL ? make_directory(directory) : ERR_NO_MEMORY;

	if (err == ERR_OK)
		err = write_aside(aside, pem);
	free(aside);
	return err;
}

enum err installed_left(const char *directory, uint64_t *sum)
{
	char *aside = file_path(directory, ASIDE);
	struct file file = { 0 };
	const char *why = NULL;
	enum err err = aside != NULL ? file_read(aside, ASIDE_LIMIT, &file, &why) : ERR_NO_MEMORY;

	if (err == ERR_OK)
		*sum = text_sum(TEXT_SUM_EMPTY, file.bytes, file.len);
	file_free(&file);
	free(aside);
	return err == ERR_OK || err == ERR_NO_MEMORY ? err : ERR_NOT_FOUND;
}

enum err installed_put(const char *directory, const char *path)
{
	char aside[PATH_MAX]; /* as it was written, so it is long enough; and memory might be short by now */

	(void)snprintf(aside, sizeof(aside), "%s/" ASIDE, directory);
	if (rename(aside, path) != 0) {
		log_error("certificates, renaming to %s failed (%s): the next start does it", path,
			  strerror(errno));
		return ERR_STORE;
	}
	if (sync_directory(directory) != ERR_OK) {
		log_error("certificates, syncing failed (%s: %s): a pair is in use that a power cut may undo",
			  directory, strerror(errno));
		return ERR_UNKNOWN;
	}
	return ERR_OK;
}

void installed_remove(const char *directory, const struct names *paths)
{
	for (size_t i = 0; i < paths->count; i++) {
		if (unlink(paths->item[i]) != 0)
			log_warning("certificates, removing failed (%s: %s): it stays, and is not used",
				    paths->item[i], strerror(errno));
	}
	if (paths->count > 0)
		(void)sync_directory(directory);
}
