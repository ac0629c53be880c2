/* SPDX-License-Identifier: ISC */
#include "core/backup.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"
#include "core/certificates.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define PREFIX "mta-stsd-"

/* What is not complete yet, and what is on its way out. */
#define PART    ".mta-stsd-backup.part"
#define REMOVED ".mta-stsd-backup.removed"

/* More than any pair has that is let through. */
#define PAIR_LIMIT (1U << 20)

/* How often certificates are read again that change meanwhile, and how long apart, milliseconds. */
#define ROUNDS   10
#define ROUND_MS 100

/* One backup on its way. */
struct making {
	const struct backup_order *order;
	struct backup_done *done;
	char *certificates; /* where they are installed */
	char *part;         /* path of what is made, as messages name it */
	char within[32];    /* path of the same by its descriptor: nobody can put another one there */
	int directory_fd;
	int part_fd;
	struct stat owner;
};

static enum err failed(const char *doing, const char *path)
{
	log_error("backup, %s %s failed (%s)", doing, path, strerror(errno));
	return ERR_IO;
}

static enum err refuse_state(const char *directory)
{
	log_error("backup, %s is the state directory or in it: name another one, best on another disk",
		  directory);
	return ERR_REFUSED;
}

static bool is_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether a directory, or one that it is in, is the state directory; what cannot be looked at is not. */
static bool is_in_state(int directory, const char *path)
{
	struct stat state, at, above;
	int fd = dup(directory);
	bool found = false;
	bool more = fd >= 0 && stat(path, &state) == 0 && fstat(fd, &at) == 0;

	while (more && !found) {
		int up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		found = is_file(&at, &state);
		(void)close(fd);
		fd = up;
		more = fd >= 0 && fstat(fd, &above) == 0 && !is_file(&at, &above);
		at = above;
	}
	if (fd >= 0)
		(void)close(fd);
	return found;
}

/* Two at once would take one another's for a leftover. */
static enum err open_directory(struct making *making)
{
	const char *directory = making->order->directory;
	bool made = mkdir(directory, 0700) == 0;

	if (!made && errno != EEXIST)
		return failed("making", directory);
	making->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (making->directory_fd < 0 || fstat(making->directory_fd, &making->owner) != 0)
		return failed("opening", directory);
	if (is_in_state(making->directory_fd, making->order->state)) {
		if (made)
			(void)rmdir(directory);
		return refuse_state(directory);
	}
	if (flock(making->directory_fd, LOCK_EX | LOCK_NB) == 0)
		return ERR_OK;
	log_error("backup, %s is locked: another backup is being made there; wait for it", directory);
	return ERR_EXISTS;
}

static enum err begin(struct making *making)
{
	enum err err = open_directory(making);

	if (err == ERR_OK && (folder_remove(making->directory_fd, PART) != ERR_OK ||
			      folder_remove(making->directory_fd, REMOVED) != ERR_OK))
		err = failed("removing a leftover in", making->order->directory);
	if (err == ERR_OK && folder_make(making->directory_fd, PART, &making->part_fd) != ERR_OK)
		err = failed("making", making->part);
	(void)snprintf(making->within, sizeof(making->within), "/proc/self/fd/%d", making->part_fd);
	return err;
}

static enum err put_database(struct making *making)
{
	enum err err = backup_database(making->order->state, making->part_fd, &making->done->manifest.facts);

	if (err == ERR_OK && folder_give(making->part_fd, BACKUP_DATABASE, &making->owner) != ERR_OK)
		err = failed("giving away the database in", making->part);
	return err;
}

/* None that mta-stsd installed is anything but a file. */
static enum err leave_out(const char *path, const char *why)
{
	log_warning("backup, %s %s and no certificate: it is not in the backup, remove it", path, why);
	return ERR_OK;
}

/* One that an install has just replaced is gone, and its successor is found in the next round. */
static enum err put_certificate(struct making *making, int to, const char *name)
{
	char *path = file_path(making->certificates, name);
	struct file file = { 0 };
	const char *why = "out of memory";
	enum err err = path != NULL ? file_read_in(making->certificates, name, PAIR_LIMIT, &file, &why)
				    : ERR_NO_MEMORY;
	const struct text bytes = { .bytes = file.bytes, .len = file.len };

	if (err == ERR_OK && folder_put(to, name, &bytes, &making->owner) != ERR_OK)
		err = failed("writing the copy of", path);
	else if (err == ERR_NOT_FOUND)
		err = ERR_OK;
	else if (err == ERR_REFUSED)
		err = leave_out(path, why);
	else if (err != ERR_OK && err != ERR_NO_MEMORY)
		log_error("backup, %s %s: remove it or make it readable", path, why);
	file_free(&file);
	free(path);
	return err;
}

static enum err put_all(struct making *making, const struct names *names)
{
	int to;
	enum err err = ERR_OK;

	if (folder_remove(making->part_fd, MANIFEST_CERTIFICATES) != ERR_OK ||
	    folder_make(making->part_fd, MANIFEST_CERTIFICATES, &to) != ERR_OK)
		return failed("making certificates in", making->part);
	for (size_t i = 0; err == ERR_OK && i < names->count; i++)
		err = put_certificate(making, to, names->item[i]);
	if (err == ERR_OK && (folder_give_open(to, &making->owner) != ERR_OK || fsync(to) != 0))
		err = failed("syncing certificates in", making->part);
	(void)close(to);
	return err;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* What it would be copied from is for the service's user to say nowhere else than there. */
static enum err refuse_link(const char *path)
{
	log_error("backup, %s is a symbolic link, which is not followed: find out who made it, then put the "
		  "directory itself in its place, or remove it",
		  path);
	return ERR_REFUSED;
}

/* Tell whether they are all of one moment: nothing came or went meanwhile. */
static enum err put_round(struct making *making, bool *settled)
{
	struct stat before = { 0 }, after = { 0 };
	struct names names = { 0 };
	enum err err;

	if (lstat(making->certificates, &before) == 0 && S_ISLNK(before.st_mode))
		return refuse_link(making->certificates);
	err = folder_list(making->certificates, &names);
	if (err == ERR_IO)
		err = failed("reading", making->certificates);
	else if (err == ERR_NOT_FOUND)
		err = ERR_OK; /* the first install makes it */
	if (err == ERR_OK)
		err = put_all(making, &names);
	(void)lstat(making->certificates, &after);
	*settled = is_same(&before, &after);
	names_free(&names);
	return err;
}

static enum err put_certificates(struct making *making)
{
	bool settled = false;
	enum err err = ERR_OK;

	for (int round = 0; err == ERR_OK && !settled && round < ROUNDS; round++) {
		if (round > 0)
			(void)poll(NULL, 0, ROUND_MS);
		err = put_round(making, &settled);
	}
	if (err != ERR_OK || settled)
		return err;
	log_error("backup, %s changes all the time: try again when no certificate is installed",
		  making->certificates);
	return ERR_REFUSED;
}

static enum err list_certificates(struct making *making)
{
	char *path = file_path(making->within, MANIFEST_CERTIFICATES);
	struct names names = { 0 };
	char name[NAME_MAX + sizeof(MANIFEST_CERTIFICATES) + 1];
	enum err err = path != NULL ? folder_list(path, &names) : ERR_NO_MEMORY;

	for (size_t i = 0; err == ERR_OK && i < names.count; i++) {
		(void)snprintf(name, sizeof(name), MANIFEST_CERTIFICATES "/%s", names.item[i]);
		err = manifest_add(&making->done->manifest, making->within, name);
	}
	names_free(&names);
	free(path);
	return err;
}

static enum err put_manifest(struct making *making)
{
	struct manifest *manifest = &making->done->manifest;
	enum err err = manifest_begin(manifest);

	if (err == ERR_OK)
		err = manifest_add(manifest, making->within, BACKUP_DATABASE);
	if (err == ERR_OK)
		err = list_certificates(making);
	if (err == ERR_OK)
		err = manifest_end(manifest);
	if (err == ERR_OK &&
	    folder_put(making->part_fd, MANIFEST_FILE, &manifest->text, &making->owner) != ERR_OK)
		err = failed("writing " MANIFEST_FILE " in", making->part);
	manifest_free(manifest);
	return err;
}

/* Not every file system can do both in one step; where it cannot, the lock keeps other backups away. */
static int rename_new(int directory, const char *name)
{
	int result = renameat2(directory, PART, directory, name, RENAME_NOREPLACE);

	if (result == 0 || (errno != EINVAL && errno != ENOSYS))
		return result;
	if (faccessat(directory, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
		return renameat(directory, PART, directory, name);
	errno = EEXIST;
	return -1;
}

/* From here on it is there; what was read back is what a restore would read. */
static enum err name_it(struct making *making)
{
	struct backup_done *done = making->done;
	time_t now = clock_now();
	struct tm parts;

	if (folder_give_open(making->part_fd, &making->owner) != ERR_OK || fsync(making->part_fd) != 0)
		return failed("syncing", making->part);
	if (gmtime_r(&now, &parts) == NULL ||
	    strftime(done->name, sizeof(done->name), PREFIX "%Y%m%dT%H%M%SZ", &parts) == 0)
		return failed("telling the time for", making->part);
	if (rename_new(making->directory_fd, done->name) != 0) {
		if (errno != EEXIST)
			return failed("renaming", making->part);
		log_error("backup, %s/%s is there already: run it again", making->order->directory,
			  done->name);
		return ERR_EXISTS;
	}
	return fsync(making->directory_fd) == 0 ? ERR_OK : failed("syncing", making->order->directory);
}

/* Digits where the time has them. */
static bool is_backup(const char *name)
{
	static const char shape[] = PREFIX "00000000T000000Z";

	if (strlen(name) != strlen(shape))
		return false;
	for (size_t i = 0; shape[i] != '\0'; i++) {
		if (shape[i] == '0' ? name[i] < '0' || name[i] > '9' : name[i] != shape[i])
			return false;
	}
	return true;
}

/* It loses its name first, so that none that has one is half gone. */
static enum err remove_one(struct making *making, const char *name)
{
	if (renameat(making->directory_fd, name, making->directory_fd, REMOVED) != 0 ||
	    folder_remove(making->directory_fd, REMOVED) != ERR_OK) {
		(void)failed("removing the old backup", name);
		return ERR_UNKNOWN;
	}
	making->done->removed++;
	return ERR_OK;
}

/* The new one stays, whatever a clock that was wrong has named the others. */
static enum err remove_old(struct making *making)
{
	struct names all = { 0 }, old = { 0 };
	enum err err;

	if (making->order->keep == 0)
		return ERR_OK;
	err = folder_list(making->order->directory, &all);
	for (size_t i = 0; err == ERR_OK && i < all.count; i++) {
		if (is_backup(all.item[i]) && strcmp(all.item[i], making->done->name) != 0)
			err = names_put(&old, all.item[i]);
	}
	for (size_t i = 0; err == ERR_OK && i + making->order->keep <= old.count; i++)
		err = remove_one(making, old.item[i]);
	names_free(&all);
	names_free(&old);
	return err == ERR_OK ? ERR_OK : ERR_UNKNOWN;
}

static enum err make(struct making *making)
{
	enum err err = begin(making);

	if (err != ERR_OK)
		return err;
	err = put_database(making);
	if (err == ERR_OK)
		err = put_certificates(making);
	if (err == ERR_OK)
		err = put_manifest(making);
	if (err == ERR_OK)
		err = manifest_check(making->within, &making->done->manifest);
	if (err == ERR_OK)
		err = name_it(making);
	if (err != ERR_OK)
		(void)folder_remove(making->directory_fd, PART);
	return err == ERR_OK ? remove_old(making) : err;
}

enum err backup_run(const struct backup_order *order, struct backup_done *done)
{
	struct making making = {
		.order = order,
		.done = done,
		.certificates = certificates_installed(order->state),
		.part = file_path(order->directory, PART),
		.directory_fd = -1,
		.part_fd = -1,
	};
	enum err err = ERR_NO_MEMORY;

	*done = (struct backup_done){ .name = "" };
	if (making.certificates != NULL && making.part != NULL)
		err = make(&making);
	if (err != ERR_OK && err != ERR_UNKNOWN)
		manifest_free(&done->manifest);
	if (making.part_fd >= 0)
		(void)close(making.part_fd);
	if (making.directory_fd >= 0)
		(void)close(making.directory_fd);
	free(making.certificates);
	free(making.part);
	return err;
}
