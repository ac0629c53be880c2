/* SPDX-License-Identifier: ISC */
#include "config/stamp.h"

#include "base/allocation.h"
#include "base/clock.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/*
 * How long a file has to be left alone before it is read, seconds: the coarsest file systems count in two,
 * and what the kernel takes for now may be a tick behind.
 */
#define SETTLED_S 3

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same(const struct stamp *stamp, const struct stat *status)
{
	return stamp->device == status->st_dev && stamp->inode == status->st_ino &&
	       stamp->mode == status->st_mode && stamp->size == status->st_size &&
	       same_time(stamp->modified, status->st_mtim) && same_time(stamp->changed, status->st_ctim);
}

/* The path is left as it is. */
static void fill(struct stamp *stamp, const struct file *file, struct timespec begun)
{
	const struct stat *status = &file->status;

	stamp->device = status->st_dev;
	stamp->inode = status->st_ino;
	stamp->mode = status->st_mode;
	stamp->size = status->st_size;
	stamp->modified = status->st_mtim;
	stamp->changed = status->st_ctim;
	stamp->sum = text_sum(TEXT_SUM_EMPTY, file->bytes, file->len);
	/* One that grew or shrank while it was read is not what its times tell. */
	stamp->settled = status->st_mtim.tv_sec + SETTLED_S <= begun.tv_sec &&
			 status->st_ctim.tv_sec + SETTLED_S <= begun.tv_sec &&
			 (size_t)status->st_size == file->len;
}

/* One of which nothing is known but where it should be. */
static enum err put(struct stamps *stamps, const char *path)
{
	struct stamp *grown = allocation_grow(stamps->item, stamps->count, &stamps->capacity, sizeof(*grown));
	struct stamp new = { .path = strdup(path) };

	if (grown != NULL)
		stamps->item = grown;
	if (grown == NULL || new.path == NULL) {
		free(new.path);
		return ERR_NO_MEMORY;
	}
	stamps->item[stamps->count++] = new;
	return ERR_OK;
}

enum err stamps_read(struct stamps *stamps, const char *path, size_t limit, struct file *file,
		     const char **why)
{
	struct timespec begun = clock_of_files();
	enum err err = file_read(path, limit, file, why);

	if (stamps == NULL)
		return err;
	if (err != ERR_OK) {
		stamps->unsure = true;
		return put(stamps, path) == ERR_OK ? err : ERR_NO_MEMORY;
	}
	err = put(stamps, path);
	if (err == ERR_OK)
		fill(&stamps->item[stamps->count - 1], file, begun);
	else
		file_free(file);
	return err;
}

bool stamps_hold(const struct stamps *stamps)
{
	bool hold = stamps->count > 0 && !stamps->unsure;

	for (size_t i = 0; hold && i < stamps->count; i++) {
		struct stat status;

		hold = stamps->item[i].settled && stat(stamps->item[i].path, &status) == 0 &&
		       is_same(&stamps->item[i], &status);
	}
	return hold;
}

static bool renew(struct stamp *stamp)
{
	struct timespec begun = clock_of_files();
	struct file file = { 0 };
	struct stat status;
	const char *why;
	bool same;

	/* Another length is another file, and need not be read twice. */
	if (stat(stamp->path, &status) != 0 || status.st_size != stamp->size ||
	    file_read(stamp->path, (size_t)stamp->size, &file, &why) != ERR_OK)
		return false;
	same = text_sum(TEXT_SUM_EMPTY, file.bytes, file.len) == stamp->sum;
	if (same)
		fill(stamp, &file, begun);
	file_free(&file);
	return same;
}

/* What was renewed before one that differs has the bytes that it had all the same. */
bool stamps_renew(struct stamps *stamps)
{
	bool same = stamps->count > 0 && !stamps->unsure;

	for (size_t i = 0; same && i < stamps->count; i++)
		same = renew(&stamps->item[i]);
	return same;
}

void stamps_move(struct stamps *to, struct stamps *from)
{
	stamps_free(to);
	*to = *from;
	*from = (struct stamps){ 0 };
}

void stamps_free(struct stamps *stamps)
{
	for (size_t i = 0; i < stamps->count; i++)
		free(stamps->item[i].path);
	free(stamps->item);
	*stamps = (struct stamps){ 0 };
}
