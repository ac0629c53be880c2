/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_STAMP_H
#define CONFIG_STAMP_H

/**
 * What files were when they were read, to tell without opening them whether they would say anything else now.
 *
 * A file counts as unchanged while device, inode, mode, size and both of its times are, and if neither time
 * was so near to the reading that a later change could have got the same one, as git does it.  One that was
 * read too soon after it was written is read again, and its bytes are compared with a sum of those before: a
 * change is missed once in 2^64 of them, and only of the same length.
 *
 * Threads: any, one object a thread.
 */

#include "base/file.h"

#include <stdint.h>
#include <time.h>

/** One file as it was. */
struct stamp {
	char *path;
	dev_t device;
	ino_t inode;
	mode_t mode;
	off_t size;
	struct timespec modified;
	struct timespec changed;
	uint64_t sum; /**< of its bytes */
	bool settled; /**< whether any later change shows in the times */
};

/** All files that something was read from; zero-initialise. */
struct stamps {
	struct stamp *item;
	size_t count;
	size_t capacity;
	bool unsure; /**< one of them could not be read, and only its path is known: nobody knows when it can
			be */
};

/**
 * Read a file as file_read() does, and note it.
 *
 * @param stamps  NULL: nobody wants to know
 */
enum err stamps_read(struct stamps *stamps, const char *path, size_t limit, struct file *file,
		     const char **why);

/** Tell whether the files are what they were, without opening one; false where that cannot be told. */
bool stamps_hold(const struct stamps *stamps);

/**
 * Read the files again, and tell whether they have the bytes that they had; if so they are known as they are
 * now.  False, and nothing else, when one cannot be read.
 */
bool stamps_renew(struct stamps *stamps);

/** Move all of one list to another, in place of what was there; the first becomes empty. */
void stamps_move(struct stamps *to, struct stamps *from);

/** Free them and leave an empty list. */
void stamps_free(struct stamps *stamps);

#endif
