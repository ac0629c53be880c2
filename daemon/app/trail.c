/* SPDX-License-Identifier: ISC */
#include "app/trail.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As many as the kernel follows. */
#define LINKS_MAX 40

struct trail {
	char at[PATH_MAX];   /* a directory; "" is the root */
	char next[PATH_MAX]; /* in it */
	char rest[PATH_MAX]; /* what is left of the way */
	unsigned links;
	enum err (*each)(void *context, const char *directory, const char *name, bool vital);
	void *context;
};

static enum err tell(const struct trail *trail, const char *name, bool vital)
{
	return trail->each(trail->context, trail->at[0] != '\0' ? trail->at : "/", name, vital);
}

/* Take the next part off the rest; false when nothing is left, or nothing can be there. */
static bool take(struct trail *trail, char name[NAME_MAX + 1])
{
	const char *begin = trail->rest + strspn(trail->rest, "/");
	size_t len = strcspn(begin, "/");
	int written;

	if (len == 0 || len > NAME_MAX)
		return false;
	memcpy(name, begin, len);
	name[len] = '\0';
	begin += len + strspn(begin + len, "/");
	memmove(trail->rest, begin, strlen(begin) + 1);
	written = snprintf(trail->next, sizeof(trail->next), "%s/%s", trail->at, name);
	return written > 0 && (size_t)written < sizeof(trail->next);
}

/* The rest goes on from where the link leads. */
static void turn(struct trail *trail)
{
	char way[PATH_MAX];
	ssize_t len = readlink(trail->next, way, sizeof(way) - 1);
	size_t left = strlen(trail->rest);

	if (len <= 0 || ++trail->links > LINKS_MAX || (size_t)len + 1 + left >= sizeof(way)) {
		trail->rest[0] = '\0';
		return;
	}
	way[len] = '/';
	memcpy(way + len + 1, trail->rest, left + 1);
	memcpy(trail->rest, way, (size_t)len + 1 + left + 1);
	if (way[0] == '/')
		trail->at[0] = '\0';
}

static enum err step(struct trail *trail, const char *name)
{
	struct stat status;
	bool plain = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
	enum err err = ERR_OK;

	if (lstat(trail->next, &status) != 0) {
		trail->rest[0] = '\0';
		return tell(trail, name, true);
	}
	if (S_ISLNK(status.st_mode)) {
		err = tell(trail, name, true);
		turn(trail);
		return err;
	}
	if (trail->rest[0] == '\0' && !plain)
		err = tell(trail, name, !S_ISDIR(status.st_mode));
	memcpy(trail->at, trail->next, strlen(trail->next) + 1);
	if (err == ERR_OK && trail->rest[0] == '\0' && S_ISDIR(status.st_mode))
		err = tell(trail, NULL, true);
	return err;
}

enum err trail_follow(const char *path,
		      enum err (*each)(void *context, const char *directory, const char *name, bool vital),
		      void *context)
{
	struct trail trail = { .at = "", .each = each, .context = context };
	char name[NAME_MAX + 1];
	enum err err = ERR_OK;

	if (strlen(path) >= sizeof(trail.rest))
		return ERR_OK;
	memcpy(trail.rest, path, strlen(path) + 1);
	if (path[0] != '/')
		trail.at[0] = '.';
	while (err == ERR_OK && take(&trail, name))
		err = step(&trail, name);
	return err;
}
