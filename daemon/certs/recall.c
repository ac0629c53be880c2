/* SPDX-License-Identifier: ISC */
#include "certs/recall_private.h"

#include "base/allocation.h"

#include <stdlib.h>
#include <string.h>

/*
 * How long a directory has to be left alone before it is listed, seconds: the coarsest file systems count in
 * two, and what the kernel takes for now may be a tick behind.
 */
#define SETTLED_S 3

enum err recall_put(struct recall *recall, const struct recalled *as, const char *path)
{
	struct recalled *grown =
		allocation_grow(recall->item, recall->count, &recall->capacity, sizeof(*grown));
	char *copy;

	if (grown == NULL)
		return ERR_NO_MEMORY;
	recall->item = grown;
	copy = strdup(path);
	if (copy == NULL)
		return ERR_NO_MEMORY;
	grown[recall->count] = *as;
	grown[recall->count++].path = copy;
	return ERR_OK;
}

bool recall_can(const struct stat *status, struct timespec now)
{
	return status->st_mtim.tv_sec + SETTLED_S <= now.tv_sec &&
	       status->st_ctim.tv_sec + SETTLED_S <= now.tv_sec;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct recalled *)a)->path, ((const struct recalled *)b)->path);
}

void recall_sort(struct recall *recall)
{
	if (recall->count > 0)
		qsort(recall->item, recall->count, sizeof(*recall->item), by_path);
}

/* A path that need not end where it is looked for. */
struct part {
	const char *path;
	size_t len;
};

static int to_part(const void *key, const void *member)
{
	const struct part *part = key;
	const char *path = ((const struct recalled *)member)->path;
	int order = strncmp(part->path, path, part->len);

	return order == 0 && path[part->len] != '\0' ? -1 : order;
}

static struct recalled *find(const struct recall *recall, struct part part)
{
	return recall->count > 0 ? bsearch(&part, recall->item, recall->count, sizeof(*recall->item), to_part)
				 : NULL;
}

const struct recalled *recall_find(const struct recall *recall, const char *path)
{
	return find(recall, (struct part){ path, strlen(path) });
}

static struct part folder_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	return (struct part){ file, slash != NULL ? (size_t)(slash - file) : 0 };
}

const struct recalled *recall_folder_of(const struct recall *recall, const char *file)
{
	return find(recall, folder_of(file));
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool recalled_is(const struct recalled *recalled, const struct stat *status)
{
	return !recalled->forgotten && recalled->device == status->st_dev &&
	       recalled->inode == status->st_ino && same_time(recalled->modified, status->st_mtim) &&
	       same_time(recalled->changed, status->st_ctim);
}

void recall_forget(struct recall *recall, const char *file)
{
	struct recalled *old = find(recall, folder_of(file));

	if (old != NULL)
		old->forgotten = true;
}

void recall_move(struct recall *to, struct recall *from)
{
	recall_free(to);
	*to = *from;
	*from = (struct recall){ 0 };
}

void recall_free(struct recall *recall)
{
	for (size_t i = 0; i < recall->count; i++)
		free(recall->item[i].path);
	free(recall->item);
	*recall = (struct recall){ 0 };
}
