/* SPDX-License-Identifier: ISC */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

/**
 * A directory of our own: what is in it, files put into it durably, and an end of all of it.
 *
 * What root makes is given to the owner of the place, who has to be able to use it and to take it away.
 *
 * Threads: any.
 */

#include "base/names.h"
#include "base/text.h"

#include <sys/stat.h>

/**
 * List the names in a directory, sorted, without those that begin with a dot.
 *
 * @param names  freed by the caller, also after an error
 * @return ERR_OK, ERR_NOT_FOUND (there is no such directory), ERR_IO (errno tells why), ERR_NO_MEMORY
 */
enum err folder_list(const char *path, struct names *names);

/**
 * Make a directory with mode 0700 and open it.  One that root makes stays root's, so that nobody else puts
 * anything into it, until it is given away when it is complete.
 *
 * @param parent  descriptor of the directory that it is in
 * @param[out] fd  closed by the caller; -1 after an error
 * @return ERR_OK, ERR_EXISTS, ERR_IO (errno tells why; EPERM: somebody has put another one in its place)
 */
enum err folder_make(int parent, const char *name, int *fd);

/** Give what is open to an owner when root made it.  Returns ERR_OK, ERR_IO (errno tells why). */
enum err folder_give_open(int fd, const struct stat *owner);

/**
 * Make a file with mode 0600, whole and on the disk; one that is there is an error.
 *
 * @param owner  whose it is to be when root makes it
 * @return as folder_make()
 */
enum err folder_put(int parent, const char *name, const struct text *bytes, const struct stat *owner);

/**
 * Put a file into the place of one that may be there, whole and on the disk: it is written aside and renamed.
 * After an error the old one is there, unless it was the last step that failed.
 * @param aside  name of the file that is written; what is left there is overwritten
 * @return ERR_OK, ERR_IO (errno tells why)
 */
enum err folder_replace(int parent, const char *aside, const char *name, const struct text *bytes);

/** Give a file to an owner when root made it.  Returns ERR_OK, ERR_IO (errno tells why). */
enum err folder_give(int parent, const char *name, const struct stat *owner);

/** Sync a directory or a file.  Returns ERR_OK, ERR_IO (errno tells why). */
enum err folder_sync(int parent, const char *name);

/**
 * Remove a directory and the directories in it with all files, or one file; fine when there is none.
 * Links are removed and not followed.
 *
 * @return ERR_OK, ERR_IO (something stays; errno tells why)
 */
enum err folder_remove(int parent, const char *name);

#endif
