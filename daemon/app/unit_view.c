/* SPDX-License-Identifier: ISC */
#include "app/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_SIZE 4096

/* Covered by the new root, in the namespace of this process alone; a directory that there is everywhere. */
#define NEW_ROOT "/run"

/* systemd's own, for a file that nobody may look at. */
#define HIDDEN_FILE "/run/systemd/inaccessible/reg"

/* What a container's root may not take from a mount; in statvfs() they are the same bits. */
#define KEPT ((unsigned long)(MS_NOSUID | MS_NODEV | MS_NOEXEC))

/* For a reason that names a path. */
static char reason[PATH_SIZE + 128];

/* One view on its way. */
struct view {
	struct unit *unit;
	int base;   /* its root directory */
	int hidden; /* HIDDEN_FILE; -1: there is none */
	int *from;  /* what is shown, opened; -1: not there */
};

/* What is below a path comes before what only begins like it. */
static int rank(char c)
{
	return c == '/' ? 1 : c == '\0' ? 0 : (unsigned char)c + 1;
}

static int by_path(const void *a, const void *b)
{
	const struct unit_place *one = a, *other = b;
	size_t i = 0;

	while (one->path[i] != '\0' && one->path[i] == other->path[i])
		i++;
	return one->path[i] != other->path[i] ? rank(one->path[i]) - rank(other->path[i])
					      : (int)one->kind - (int)other->kind;
}

static bool is_below(const char *path, const char *above)
{
	size_t len = strlen(above);

	return strncmp(path, above, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

static void drop(struct unit *unit, size_t i)
{
	free(unit->place[i].path);
	free(unit->place[i].from);
	memmove(&unit->place[i], &unit->place[i + 1], (unit->count - i - 1) * sizeof(*unit->place));
	unit->count--;
}

/* As systemd does: of one path the first counts, and what is hidden hides what is shown below it. */
static void order(struct unit *unit)
{
	char *end;

	for (size_t i = 0; i < unit->count; i++) {
		end = unit->place[i].path + strlen(unit->place[i].path);
		while (end > unit->place[i].path + 1 && end[-1] == '/')
			*--end = '\0';
	}
	if (unit->count > 0)
		qsort(unit->place, unit->count, sizeof(*unit->place), by_path);
	for (size_t i = 1, over = 0; i < unit->count;) {
		const struct unit_place *before = &unit->place[over];

		if (before->kind == UNIT_HIDES ? is_below(unit->place[i].path, before->path)
					       : strcmp(unit->place[i].path, before->path) == 0)
			drop(unit, i);
		else
			over = i++;
	}
}

/* In the new root no link leads out of it. */
static int open_at(int base, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };

	return (int)syscall(SYS_openat2, base, path, &how, sizeof(how));
}

static const char *by_fd(int fd, char out[32])
{
	(void)snprintf(out, 32, "/proc/self/fd/%d", fd);
	return out;
}

/* Below what is bound already nothing can be made, since that is read-only. */
static void make_place(const struct unit_place *place, int from)
{
	char path[PATH_SIZE];
	struct stat status = { .st_mode = S_IFDIR };
	int fd;

	if (snprintf(path, sizeof(path), NEW_ROOT "%s", place->path) >= (int)sizeof(path) ||
	    (from >= 0 && fstat(from, &status) != 0))
		return;
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0755);
		*slash = '/';
	}
	if (S_ISDIR(status.st_mode)) {
		(void)mkdir(path, 0755);
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0444);
	if (fd >= 0)
		(void)close(fd);
}

static int show(const struct view *view, const struct unit_place *place, int from, int at)
{
	char source[32], target[32];
	struct statvfs flags;
	int result = mount(by_fd(from, source), by_fd(at, target), NULL, MS_BIND | MS_REC, NULL);
	int top = result == 0 ? open_at(view->base, place->path) : -1;

	if (top < 0)
		return -1;
	result = fstatvfs(top, &flags);
	if (result == 0)
		result = mount(NULL, by_fd(top, target), NULL,
			       MS_REMOUNT | MS_BIND | MS_RDONLY | (flags.f_flag & KEPT), NULL);
	(void)close(top);
	return result;
}

static int hide(const struct view *view, int at)
{
	char source[32], target[32];
	struct stat status;

	if (fstat(at, &status) != 0)
		return -1;
	if (S_ISDIR(status.st_mode))
		return mount("tmpfs", by_fd(at, target), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0000");
	return mount(by_fd(view->hidden, source), by_fd(at, target), NULL, MS_BIND, NULL);
}

static int change(const struct view *view, const struct unit_place *place, int from, int at)
{
	char target[32];

	switch (place->kind) {
	case UNIT_HIDES:
		return hide(view, at);
	case UNIT_SHOWS:
		return show(view, place, from, at);
	case UNIT_CLEARS:
	default:
		return mount("tmpfs", by_fd(at, target), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755");
	}
}

static enum err is_missing(const char *what, const char *path, const char **why)
{
	(void)snprintf(reason, sizeof(reason), "%s (%s)", what, path);
	*why = reason;
	return ERR_NOT_FOUND;
}

/* What is hidden, or empty, where nothing is makes no difference; but a place to mount at systemd makes once.
 */
static enum err put(const struct view *view, const struct unit_place *place, int from, const char **why)
{
	bool make = place->kind == UNIT_SHOWS || (place->kind == UNIT_CLEARS && !place->may_miss);
	int at = open_at(view->base, place->path);
	int result;

	if (at < 0 && make && view->unit->confined) {
		make_place(place, from);
		at = open_at(view->base, place->path);
	}
	if (at < 0 && make)
		return is_missing(UNIT_NAME " has a place of its own that is made when it starts",
				  place->path, why);
	if (at < 0)
		return place->may_miss ? ERR_OK
				       : is_missing(UNIT_NAME " cannot start: what it hides is not there",
						    place->path, why);
	result = change(view, place, from, at);
	(void)close(at);
	return result == 0 ? ERR_OK : ERR_IO;
}

/* Opened in the new namespace, of which alone there may be binds, and before the place of the new root is
 * covered, since one may be below it. */
static enum err open_shown(struct view *view, const char **why)
{
	struct unit *unit = view->unit;

	view->hidden = open(HIDDEN_FILE, O_PATH | O_CLOEXEC);
	for (size_t i = 0; i < unit->count;) {
		const struct unit_place *place = &unit->place[i];

		view->from[i] = place->kind == UNIT_SHOWS ? open(place->from, O_PATH | O_CLOEXEC) : -1;
		if (place->kind != UNIT_SHOWS || view->from[i] >= 0)
			i++;
		else if (place->may_miss)
			drop(unit, i);
		else
			return is_missing(UNIT_NAME " cannot start: what it binds is not there", place->from,
					  why);
	}
	return ERR_OK;
}

static enum err open_base(struct view *view)
{
	bool confined = view->unit->confined;

	if (confined && mount("tmpfs", NEW_ROOT, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0)
		return ERR_IO;
	view->base = open(confined ? NEW_ROOT : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return view->base >= 0 ? ERR_OK : ERR_IO;
}

static enum err put_all(struct view *view, const char **why)
{
	enum err err = open_shown(view, why);

	if (err == ERR_OK)
		err = open_base(view);
	for (size_t i = 0; err == ERR_OK && i < view->unit->count; i++)
		err = put(view, &view->unit->place[i], view->from[i], why);
	if (err == ERR_OK && view->unit->confined && (chroot(NEW_ROOT) != 0 || chdir("/") != 0))
		err = ERR_IO;
	return err;
}

static void close_all(const struct view *view)
{
	for (size_t i = 0; view->from != NULL && i < view->unit->count; i++) {
		if (view->from[i] >= 0)
			(void)close(view->from[i]);
	}
	if (view->hidden >= 0)
		(void)close(view->hidden);
	if (view->base >= 0)
		(void)close(view->base);
}

enum err unit_view_take(struct unit *unit, const char **why)
{
	struct view view = { .unit = unit, .base = -1, .hidden = -1 };
	mode_t mask;
	enum err err = ERR_IO;

	*why = "root may not make a file system of its own here";
	order(unit);
	if (unit->count == 0 && !unit->confined)
		return ERR_OK;
	view.from = malloc((unit->count + 1) * sizeof(*view.from));
	if (view.from == NULL)
		return ERR_IO;
	for (size_t i = 0; i < unit->count; i++)
		view.from[i] = -1;
	mask = umask(0022); /* its user goes through what is made here */
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		err = put_all(&view, why);
	(void)umask(mask);
	close_all(&view);
	free(view.from);
	return err;
}
