/* SPDX-License-Identifier: ISC */
#ifndef CERTS_RECALL_PRIVATE_H
#define CERTS_RECALL_PRIVATE_H

/**
 * Large directories as a walk found them, so that the next one need not list them again.
 *
 * A directory changes its times whenever a name in it comes, goes, or becomes that of another file.  So those
 * are recalled in which names tell everything (layouts_private.h): that hold files only, of which none had to
 * be read.  What is in the files themselves is another matter, and has to be looked at.
 *
 * Threads: any, one object a thread.
 */

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <time.h>

/** One with fewer entries is listed sooner than it is recalled. */
#define RECALL_ENTRIES_FEW 16

/** A directory. */
struct recalled {
	char *path;
	dev_t device;
	ino_t inode;
	struct timespec modified, changed;
	size_t listed; /**< entries */
	size_t finds;
	size_t looked;  /**< entries that counted as looked at, */
	long excess;    /**< and by how much they were at most ahead of what the finds before them allowed */
	bool same;      /**< it was recalled by the last walk, and not listed */
	bool forgotten; /**< it is to be listed by the next one */
};

/** Zero-initialise. */
struct recall {
	struct recalled *item; /* sorted by path, once recall_sort() was called */
	size_t count, capacity;
};

/**
 * Note a directory.
 *
 * @param as  what it is like; the path is copied
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err recall_put(struct recall *recall, const struct recalled *as, const char *path);

/** Tell whether a directory was left alone long enough before it is listed that any later change shows. */
bool recall_can(const struct stat *status, struct timespec now);

/** Sort what was noted, before it is asked for. */
void recall_sort(struct recall *recall);

/** The directory of a path, or NULL; lent. */
const struct recalled *recall_find(const struct recall *recall, const char *path);

/** The directory that a file is in, or NULL; lent. */
const struct recalled *recall_folder_of(const struct recall *recall, const char *file);

/** Tell whether nothing came or went in a directory that is not forgotten. */
bool recalled_is(const struct recalled *recalled, const struct stat *status);

/** Forget the directory that a file is in, as far as the next walk is concerned. */
void recall_forget(struct recall *recall, const char *file);

/** Move all of one to another, in place of what was there; the first becomes empty. */
void recall_move(struct recall *to, struct recall *from);

/** Forget all. */
void recall_free(struct recall *recall);

#endif
