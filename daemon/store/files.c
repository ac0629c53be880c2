/* SPDX-License-Identifier: ISC */
#include "store/files_private.h"

#include "base/file.h"
#include "log/log_event.h"
#include "store/index_guard_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define RESERVE_SIZE (8L << 20)

/* "generation 123456\n" */
#define STAMP_SIZE 40

static enum err name_all(struct files *files, const char *directory)
{
	files->directory.path = strdup(directory);
	files->database.path = file_path(directory, "mta-stsd.db");
	files->log.path = file_path(directory, "mta-stsd.db-wal");
	files->index.path = file_path(directory, "mta-stsd.db-shm");
	files->lock = file_path(directory, "lock");
	files->reserve = file_path(directory, "reserve");
	return files->directory.path != NULL && files->database.path != NULL && files->log.path != NULL &&
			       files->index.path != NULL && files->lock != NULL && files->reserve != NULL
		       ? ERR_OK
		       : ERR_NO_MEMORY;
}

static enum err refuse_open(const char *path)
{
	if (errno == ELOOP) {
		log_error(
			"store, %s is a symbolic link, and none is followed there: find out who made it, and "
			"remove it",
			path);
		return ERR_STORE;
	}
	log_error("store, %s cannot be opened (%s): the state directory must exist and belong to the "
		  "service's user",
		  path, strerror(errno));
	return ERR_STORE;
}

static enum err take(int fd, const char *path)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return ERR_OK;
	log_error("store, %s is locked: another mta-stsd runs on this state directory", path);
	return ERR_EXISTS;
}

/* What a version that knew of no stamp left is an empty file. */
static int64_t read_stamp(int lock_fd)
{
	char stamp[STAMP_SIZE] = { 0 };
	int64_t generation;

	if (pread(lock_fd, stamp, sizeof(stamp) - 1, 0) <= 0 ||
	    sscanf(stamp, "generation %" SCNd64, &generation) != 1)
		return -1;
	return generation;
}

static void read_last_run(struct files *files)
{
	struct stat status;

	files->stamped = read_stamp(files->lock_fd);
	if (files->stamped >= 0 && fstat(files->lock_fd, &status) == 0)
		files->last_written = status.st_mtim.tv_sec;
}

/* What SQLite opens by the name of a database, and what a restore makes. */
static const char *const owned[] = { "mta-stsd.db",         "mta-stsd.db-wal", "mta-stsd.db-shm",
				     "mta-stsd.db-journal", "restore.db",      "lock" };

static enum err refuse_other(const char *doing, const char *directory, const char *name, mode_t mode)
{
	log_error("%s, %s/%s is %s, which is not followed or read: find out who made it, then put the file "
		  "itself in its place, or remove it if there is none",
		  doing, directory, name, S_ISLNK(mode) ? "a symbolic link" : "not a regular file");
	return ERR_REFUSED;
}

enum err files_check_owned(const char *doing, const char *directory, int directory_fd)
{
	struct stat status;

	for (size_t i = 0; i < sizeof(owned) / sizeof(*owned); i++) {
		if (fstatat(directory_fd, owned[i], &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		    !S_ISREG(status.st_mode))
			return refuse_other(doing, directory, owned[i], status.st_mode);
	}
	return ERR_OK;
}

enum err files_stamped(const char *directory, int64_t *generation)
{
	char *lock = file_path(directory, "lock");
	int fd = lock != NULL ? open(lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;

	*generation = fd >= 0 ? read_stamp(fd) : -1;
	if (fd >= 0)
		(void)close(fd);
	if (lock == NULL)
		return ERR_NO_MEMORY;
	free(lock);
	return ERR_OK;
}

enum err files_give_to_owner(const struct files *files, int fd)
{
	const struct stat *directory = &files->directory.status;

	if (geteuid() != 0 || fchown(fd, directory->st_uid, directory->st_gid) == 0)
		return ERR_OK;
	log_error("store, a file in %s cannot be given to its owner (%s)", files->directory.path,
		  strerror(errno));
	return ERR_STORE;
}

/* Both locks outlive every reopening of the database and go with the process, however that ends. */
enum err files_open(const char *directory, struct files *files)
{
	enum err err;

	*files = (struct files){ .directory_fd = -1, .lock_fd = -1, .stamped = -1 };
	err = name_all(files, directory);
	if (err != ERR_OK)
		return err;
	files->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (files->directory_fd < 0)
		return refuse_open(directory);
	files->lock_fd = open(files->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (files->lock_fd < 0)
		return refuse_open(files->lock);
	if (fstat(files->directory_fd, &files->directory.status) != 0)
		return refuse_open(directory);
	err = take(files->directory_fd, directory);
	if (err == ERR_OK)
		err = take(files->lock_fd, files->lock);
	if (err == ERR_OK)
		err = files_give_to_owner(files, files->lock_fd);
	if (err == ERR_OK)
		read_last_run(files);
	return err;
}

void files_close(struct files *files)
{
	if (files->lock_fd >= 0)
		(void)close(files->lock_fd);
	if (files->directory_fd >= 0)
		(void)close(files->directory_fd);
	free(files->directory.path);
	free(files->database.path);
	free(files->log.path);
	free(files->index.path);
	free(files->lock);
	free(files->reserve);
	*files = (struct files){ .directory_fd = -1, .lock_fd = -1, .stamped = -1 };
}

static void look_at(const char *path, struct stat *status)
{
	if (stat(path, status) != 0)
		*status = (struct stat){ 0 };
}

/* A log without its database is a trace, too: SQLite would throw it away. */
enum err files_check_traces(const struct files *files, bool *make)
{
	struct stat database, log;
	const char *trace = NULL;

	look_at(files->database.path, &database);
	look_at(files->log.path, &log);
	*make = database.st_size == 0;
	if (!*make)
		return ERR_OK;
	if (log.st_size > 0)
		trace = files->log.path;
	else if (files->stamped >= 0)
		trace = files->lock;
	else if (access(files->reserve, F_OK) == 0)
		trace = files->reserve;
	if (trace == NULL)
		return ERR_OK;
	log_event(
		EVENT_STORE_DAMAGED, &(struct log_fields){ .file = files->database.path },
		"store, %s is %s, but %s shows that it was in use: put it back, or take a copy with mta-stsd "
		"--restore FILE; to begin anew, with new ids and without the orders that were given, remove "
		"lock, "
		"reserve and mta-stsd.db-wal there",
		files->database.path, database.st_ino == 0 ? "missing" : "empty", trace);
	return ERR_REFUSED;
}

void files_adopt(struct files *files)
{
	look_at(files->database.path, &files->database.status);
	look_at(files->log.path, &files->log.status);
	look_at(files->index.path, &files->index.status);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static void note(struct files_known *known)
{
	struct stat now;

	look_at(known->path, &now);
	if (known->status.st_ino == 0 || is_same(&now, &known->status))
		known->status = now;
}

void files_note(struct files *files)
{
	note(&files->database);
	note(&files->log);
	note(&files->index);
}

/* The access rights of a file may change, and its links; what it holds may not. */
static bool is_untouched(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static struct files_fault compare(const struct files_known *known, bool content)
{
	struct files_fault fault = { .path = known->path };
	struct stat now;

	errno = 0;
	look_at(known->path, &now);
	if (now.st_ino == 0 && known->status.st_ino != 0)
		fault.what = errno == ENOENT || errno == ENOTDIR ? "is gone" : "cannot be looked at";
	else if (!is_same(&now, &known->status))
		fault.what = "was replaced by another file";
	else if (content && !is_untouched(&now, &known->status))
		fault.what = "was written to by another program";
	return fault;
}

bool files_is_of_index(const struct files *files, struct files_fault fault)
{
	return fault.path == files->index.path && fault.what != NULL;
}

/* Whoever uses the database writes to it, so it may change; where nothing may be written there is none. */
static struct files_fault compare_index(const struct files *files)
{
	struct files_fault fault = { .path = files->index.path };
	struct stat now;

	if (files->index.status.st_ino == 0)
		return fault;
	fault = compare(&files->index, false);
	look_at(files->index.path, &now);
	if (index_guard_has_lost() || (fault.what == NULL && now.st_size < files->index.status.st_size))
		fault.what = "was cut short";
	return fault;
}

static struct files_fault compare_all(const struct files *files, bool content)
{
	struct files_fault fault = compare(&files->directory, false);

	if (fault.what == NULL)
		fault = compare(&files->database, content);
	if (fault.what == NULL)
		fault = compare(&files->log, content);
	return fault.what != NULL ? fault : compare_index(files);
}

bool files_has_directory(const struct files *files)
{
	return compare(&files->directory, false).what == NULL;
}

struct files_fault files_misplaced(const struct files *files)
{
	return compare_all(files, false);
}

struct files_fault files_changed(const struct files *files)
{
	return compare_all(files, true);
}

bool files_are_new(struct files *files)
{
	struct stat now[2];
	bool known;

	look_at(files->database.path, &now[0]);
	look_at(files->log.path, &now[1]);
	known = is_same(&now[0], &files->tried[0]) && is_untouched(&now[0], &files->tried[0]) &&
		is_same(&now[1], &files->tried[1]) && is_untouched(&now[1], &files->tried[1]);
	memcpy(files->tried, now, sizeof(now));
	return !known;
}

static bool lock_is_in_place(const struct files *files)
{
	struct stat open, there;

	look_at(files->lock, &there);
	return fstat(files->lock_fd, &open) == 0 && is_same(&open, &there);
}

/* Without the old one nothing is lost but what it told. */
static void renew_lock(struct files *files)
{
	int fd = open(files->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		(void)close(fd);
		return;
	}
	(void)close(files->lock_fd);
	files->lock_fd = fd;
	log_warning("store, %s was removed and is made anew: the lock on the directory itself has kept "
		    "others out",
		    files->lock);
}

void files_stamp(struct files *files, int64_t generation)
{
	char stamp[STAMP_SIZE];
	int len = snprintf(stamp, sizeof(stamp), "generation %-20" PRId64 "\n", generation);

	if (!files_has_directory(files))
		return;
	if (!lock_is_in_place(files))
		renew_lock(files);
	if (pwrite(files->lock_fd, stamp, (size_t)len, 0) == len)
		files->stamped = generation;
}

bool files_keep_reserve(const struct files *files)
{
	int fd = open(files->reserve, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int failed = fd < 0 ? errno : posix_fallocate(fd, 0, RESERVE_SIZE);

	if (fd >= 0)
		(void)close(fd);
	if (failed == 0)
		return true;
	(void)unlink(files->reserve);
	return false;
}

bool files_give_up_reserve(const struct files *files)
{
	return unlink(files->reserve) == 0;
}
