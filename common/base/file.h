/* SPDX-License-Identifier: ISC */
#ifndef BASE_FILE_H
#define BASE_FILE_H

/**
 * Reading the operator's files without being held up or flooded by what is there instead.
 *
 * Threads: any.
 */

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/** The bytes of a file and what it was when they were read. */
struct file {
	char *bytes; /**< len bytes and a NUL behind them; the file may hold further NULs */
	size_t len;
	struct stat status;
};

/**
 * Read a whole regular file.  Symbolic links are followed; a FIFO, device, socket or directory is never
 * opened for long nor waited for.
 *
 * @param limit  largest size accepted, bytes
 * @param[out] file  freed with file_free()
 * @param[out] why  on every error: what is wrong, in a few words ("is a FIFO", "does not exist"); a static
 * string
 * @return ERR_OK, ERR_NOT_FOUND (missing, or a dangling link), ERR_REFUSED (not a regular file),
 *         ERR_RANGE (over the limit), ERR_IO (unreadable), ERR_NO_MEMORY
 */
enum err file_read(const char *path, size_t limit, struct file *file, const char **why);

/**
 * The same for a file in a directory in which somebody else may write: neither is followed when it is a
 * symbolic link.
 *
 * @return as file_read(); ERR_REFUSED for a link, too
 */
enum err file_read_in(const char *folder, const char *name, size_t limit, struct file *file,
		      const char **why);

struct text;

/** Write a text to a file whole, and onto the disk.  Returns ERR_OK, ERR_IO (errno tells why). */
enum err file_write(int fd, const struct text *text);

/** Free the bytes, overwriting them first: the file may have held a private key. */
void file_free(struct file *file);

/**
 * Tell whether two stats describe the same unchanged file: device, inode, size, and both times to the
 * nanosecond.
 */
bool file_unchanged(const struct stat *a, const struct stat *b);

/**
 * Join a folder and a name with one slash.
 *
 * @return a path to free(), or NULL without memory
 */
char *file_path(const char *folder, const char *name);

/**
 * Tell whether a path lies in a file system that others may change without this kernel's knowledge, or whose
 * times may be told by another clock: of the network, or in user space.  Where that cannot be found out it is
 * not.
 */
bool file_is_foreign(const char *path);

#endif
