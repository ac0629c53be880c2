/* SPDX-License-Identifier: ISC */
#include "base/file.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

static const char *kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFIFO:
		return "is a FIFO";
	case S_IFDIR:
		return "is a directory";
	case S_IFSOCK:
		return "is a socket";
	default:
		return "is a device";
	}
}

static const char *errno_text(void)
{
	switch (errno) {
	case ENOENT:
		return "does not exist, or is a dangling link";
	case EACCES:
	case EPERM:
		return "may not be read (permission denied)";
	case ELOOP:
		return "is a loop of links";
	case ENXIO:
		return "is a socket or a device";
	case EMFILE:
	case ENFILE:
		return "cannot be opened: too many open files";
	default:
		return "cannot be read: input or output error";
	}
}

static enum err read_all(int fd, struct file *file, const char **why)
{
	size_t size = (size_t)file->status.st_size;
	size_t len = 0;

	file->bytes = malloc(size + 1);
	if (file->bytes == NULL) {
		*why = "out of memory";
		return ERR_NO_MEMORY;
	}
	while (len < size) {
		ssize_t got = read(fd, file->bytes + len, size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			*why = errno_text();
			return ERR_IO;
		}
		if (got == 0)
			break;
		len += (size_t)got;
	}
	file->bytes[len] = '\0';
	file->len = len;
	return ERR_OK;
}

/* O_NONBLOCK: opening a FIFO returns at once instead of waiting for somebody who writes. */
#define OPEN_FLAGS (O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)

/* Close it, too; -1: it could not be opened. */
static enum err read_open(int fd, size_t limit, struct file *file, const char **why)
{
	struct file got = { 0 };
	enum err err = ERR_OK;

	if (fd < 0) {
		*why = errno_text();
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	}
	if (fstat(fd, &got.status) != 0) {
		*why = errno_text();
		err = ERR_IO;
	} else if (!S_ISREG(got.status.st_mode)) {
		*why = kind(got.status.st_mode);
		err = ERR_REFUSED;
	} else if (got.status.st_size < 0 || (size_t)got.status.st_size > limit) {
		*why = "is too large";
		err = ERR_RANGE;
	} else {
		err = read_all(fd, &got, why);
	}
	(void)close(fd);
	if (err == ERR_OK)
		*file = got;
	else
		file_free(&got);
	return err;
}

enum err file_read(const char *path, size_t limit, struct file *file, const char **why)
{
	return read_open(open(path, OPEN_FLAGS), limit, file, why);
}

enum err file_read_in(const char *folder, const char *name, size_t limit, struct file *file, const char **why)
{
	int folder_fd = open(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int fd = folder_fd >= 0 ? openat(folder_fd, name, OPEN_FLAGS | O_NOFOLLOW) : -1;
	int cause = errno;

	if (folder_fd >= 0)
		(void)close(folder_fd);
	errno = cause;
	if (fd < 0 && folder_fd >= 0 && errno == ELOOP) {
		*why = "is a symbolic link";
		return ERR_REFUSED;
	}
	return read_open(fd, limit, file, why);
}

enum err file_write(int fd, const struct text *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t put = write(fd, text->bytes + done, text->len - done);

		if (put < 0 && errno != EINTR)
			return ERR_IO;
		done += put > 0 ? (size_t)put : 0;
	}
	return fsync(fd) == 0 ? ERR_OK : ERR_IO;
}

void file_free(struct file *file)
{
	if (file->bytes != NULL)
		explicit_bzero(file->bytes, file->len);
	free(file->bytes);
	*file = (struct file){ 0 };
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool file_unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mode == b->st_mode && same_time(a->st_mtim, b->st_mtim) &&
	       same_time(a->st_ctim, b->st_ctim);
}

char *file_path(const char *folder, const char *name)
{
	size_t len = strlen(folder);
	char *path = NULL;

	while (len > 1 && folder[len - 1] == '/')
		len--;
	if (asprintf(&path, "%.*s/%s", (int)len, folder, name) < 0)
		return NULL;
	return path;
}

/* File systems that others may change without this kernel's knowledge (statfs(2)). */
static const uint32_t foreign[] = {
	0x6969,     /* NFS */
	0x517b,     /* SMB */
	0xfe534d42, /* SMB2 */
	0xff534d42, /* CIFS */
	0x00c36400, /* Ceph */
	0x01021997, /* 9p */
	0x5346414f, /* AFS */
	0x65735546, /* FUSE, which may be any of them */
	0x01161970, /* GFS2 */
	0x7461636f, /* OCFS2 */
	0x0bd00bd0, /* Lustre */
};

bool file_is_foreign(const char *path)
{
	struct statfs status;

	if (statfs(path, &status) != 0)
		return false;
	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++) {
		if ((uint32_t)status.f_type == foreign[i])
			return true;
	}
	return false;
}
