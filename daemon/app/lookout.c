/* SPDX-License-Identifier: ISC */
#include "app/lookout.h"

#include "app/trail.h"
#include "base/file.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* Reading, which every load does, is no event. */
#define EVENTS                                                                                               \
	(IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE |      \
	 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK)

#define OR_RELOAD ", or run mta-stsctl reload after a change"

struct lookout {
	int fd;
	const struct lookout *before;
	void *places; /* tsearch() tree, by number */
	size_t count;
	size_t paths;
	bool fresh; /* something is watched that the set before did not watch */
	struct lookout_gap gap;
};

/* What keeps the kernel from telling. */
static const struct refusal {
	int problem;
	const char *why;
	const char *instead;
} refusals[] = {
	{ ENOSPC, "the kernel allows no more watches", "raise fs.inotify.max_user_watches" OR_RELOAD },
	{ EMFILE, "the kernel allows no more inotify instances",
	  "raise fs.inotify.max_user_instances" OR_RELOAD },
	{ EACCES, "directory cannot be read", "let the user of the service read it" OR_RELOAD },
	{ 0, "directory cannot be watched", "run mta-stsctl reload after a change" },
};

static int by_number(const void *a, const void *b)
{
	const struct lookout_place *one = a, *other = b;

	return one->number < other->number ? -1 : one->number > other->number;
}

static void free_place(void *member)
{
	struct lookout_place *place = member;

	names_free(&place->names);
	free(place->path);
	free(place);
}

/* The first is enough to act on. */
static void note_gap(struct lookout *lookout, const char *where, const char *why, const char *instead)
{
	if (lookout->gap.why != NULL)
		return;
	lookout->gap.where = strdup(where);
	lookout->gap.why = why;
	lookout->gap.instead = instead;
}

static void refuse(struct lookout *lookout, const char *where, int problem)
{
	const struct refusal *refusal = refusals;

	while (refusal->problem != 0 && refusal->problem != problem)
		refusal++;
	note_gap(lookout, where, refusal->why, refusal->instead);
}

void lookout_note_more(struct lookout *lookout, const char *where)
{
	note_gap(lookout, where, "there are more than 8192 directories, or 65536 paths, to watch",
		 "keep certificates in fewer directories" OR_RELOAD);
}

enum err lookout_new(int fd, const struct lookout *before, const char *where, struct lookout **lookout)
{
	int problem = errno;
	struct lookout *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->fd = fd;
	new->before = before;
	if (fd < 0)
		refuse(new, where, problem);
	*lookout = new;
	return ERR_OK;
}

static void check_file_system(struct lookout *lookout, const char *directory)
{
	if (file_is_foreign(directory))
		note_gap(lookout, directory, "file system may be changed by other machines",
			 "run mta-stsctl reload after a change");
}

static struct lookout_place *find(const struct lookout *lookout, int number)
{
	const struct lookout_place key = { .number = number };
	struct lookout_place **found = lookout != NULL ? tfind(&key, &lookout->places, by_number) : NULL;

	return found != NULL ? *found : NULL;
}

static enum err put(struct lookout *lookout, int number, const char *directory, struct lookout_place **place)
{
	struct lookout_place *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->number = number;
	new->path = strdup(directory);
	if (new->path == NULL || tsearch(new, &lookout->places, by_number) == NULL) {
		free_place(new);
		return ERR_NO_MEMORY;
	}
	check_file_system(lookout, directory);
	lookout->count++;
	*place = new;
	return ERR_OK;
}

static enum err mind(struct lookout *lookout, struct lookout_place *place, const char *name)
{
	const struct lookout_place *before = find(lookout->before, place->number);

	if (before == NULL || (name != NULL ? !lookout_minds(before, name) : !before->all))
		lookout->fresh = true;
	if (name == NULL)
		place->all = true;
	return place->all ? ERR_OK : names_put(&place->names, name);
}

/* One that has gone meanwhile is told of by the directory above. */
static enum err watch(void *context, const char *directory, const char *name, bool vital)
{
	struct lookout *lookout = context;
	int number = inotify_add_watch(lookout->fd, directory, EVENTS);
	struct lookout_place *place = number >= 0 ? find(lookout, number) : NULL;
	enum err err = ERR_OK;

	if (number < 0) {
		if (errno != ENOENT && errno != ENOTDIR && (vital || errno != EACCES))
			refuse(lookout, directory, errno);
		return ERR_OK;
	}
	if (place == NULL && lookout->count == LOOKOUT_MOST) {
		lookout_note_more(lookout, directory);
		if (find(lookout->before, number) == NULL)
			(void)inotify_rm_watch(lookout->fd, number);
		return ERR_OK;
	}
	if (place == NULL)
		err = put(lookout, number, directory, &place);
	return err == ERR_OK ? mind(lookout, place, name) : err;
}

enum err lookout_put(struct lookout *lookout, const char *path)
{
	if (lookout->fd < 0)
		return ERR_OK;
	if (lookout->paths == LOOKOUT_PATHS_MOST) {
		lookout_note_more(lookout, path);
		return ERR_OK;
	}
	lookout->paths++;
	return trail_follow(path, watch, lookout);
}

static void sort(const void *node, VISIT visit, void *context)
{
	struct lookout_place *place = *(struct lookout_place *const *)node;

	(void)context;
	if (visit == postorder || visit == leaf)
		names_sort(&place->names);
}

/* Of one that is gone the kernel has forgotten it already. */
static void give_up(const void *node, VISIT visit, void *context)
{
	const struct lookout_place *place = *(const struct lookout_place *const *)node;
	const struct lookout *lookout = context;

	if ((visit == postorder || visit == leaf) && find(lookout, place->number) == NULL)
		(void)inotify_rm_watch(lookout->fd, place->number);
}

bool lookout_finish(struct lookout *lookout)
{
	twalk_r(lookout->places, sort, NULL);
	if (lookout->before != NULL)
		twalk_r(lookout->before->places, give_up, lookout);
	lookout->before = NULL;
	return lookout->fresh;
}

const struct lookout_place *lookout_find(const struct lookout *lookout, int number)
{
	return find(lookout, number);
}

bool lookout_minds(const struct lookout_place *place, const char *name)
{
	return place->all || names_has_sorted(&place->names, name);
}

size_t lookout_count(const struct lookout *lookout)
{
	return lookout->count;
}

const struct lookout_gap *lookout_gap(const struct lookout *lookout)
{
	return &lookout->gap;
}

void lookout_free(struct lookout **lookout)
{
	if (*lookout == NULL)
		return;
	tdestroy((*lookout)->places, free_place);
	free((*lookout)->gap.where);
	free(*lookout);
	*lookout = NULL;
}
