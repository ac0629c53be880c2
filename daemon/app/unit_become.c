/* SPDX-License-Identifier: ISC */
#include "app/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define GROUPS_MAX 1024
#define PATHS_MAX  256
#define PATH_SIZE  4096

/* Covered by the new root, in the namespace of this process alone; a directory that there is everywhere. */
#define NEW_ROOT "/run"

/* What a container's root may not take from a mount; in statvfs() they are the same bits. */
#define KEPT ((unsigned long)(MS_NOSUID | MS_NODEV | MS_NOEXEC))

struct person {
	uid_t uid;
	gid_t gid;
	gid_t groups[GROUPS_MAX];
	int count;
};

/* As systemd does: those of the user, and the supplementary ones of the unit. */
static enum err find_person(const struct unit *unit, struct person *person)
{
	const struct passwd *user = getpwnam(unit->user);
	const struct group *group;

	if (user == NULL)
		return ERR_NOT_FOUND;
	person->uid = user->pw_uid;
	person->gid = user->pw_gid;
	if (unit->group[0] != '\0') {
		group = getgrnam(unit->group);
		if (group == NULL)
			return ERR_NOT_FOUND;
		person->gid = group->gr_gid;
	}
	person->count = GROUPS_MAX / 2;
	if (getgrouplist(unit->user, person->gid, person->groups, &person->count) < 0)
		return ERR_NOT_FOUND;
	for (size_t i = 0; unit->groups != NULL && unit->groups[i] != NULL && person->count < GROUPS_MAX;
	     i++) {
		group = getgrnam(unit->groups[i]);
		if (group == NULL)
			return ERR_NOT_FOUND;
		person->groups[person->count++] = group->gr_gid;
	}
	return ERR_OK;
}

/* Below what is bound already nothing can be made, since that is read-only. */
static int make_place(char *path, bool directory)
{
	int fd;

	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	if (directory)
		return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -1;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0444);
	return fd < 0 || close(fd) != 0 ? -1 : 0;
}

static int bind_one(int fd, const char *to)
{
	struct stat status;
	struct statvfs flags;
	char from[64], path[PATH_SIZE];

	(void)snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	if (snprintf(path, sizeof(path), NEW_ROOT "%s", to) >= (int)sizeof(path) || fstat(fd, &status) != 0 ||
	    make_place(path, S_ISDIR(status.st_mode)) != 0 ||
	    mount(from, path, NULL, MS_BIND | MS_REC, NULL) != 0)
		return -1;
	return statvfs(path, &flags) == 0
		       ? mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | (flags.f_flag & KEPT),
			       NULL)
		       : -1;
}

/* What is not there is not shown. */
static size_t open_shown(const struct unit *unit, int fds[PATHS_MAX])
{
	size_t count = 0;

	while (unit->shown != NULL && count < PATHS_MAX && unit->shown[2 * count] != NULL) {
		fds[count] = open(unit->shown[2 * count], O_PATH | O_CLOEXEC);
		count++;
	}
	return count;
}

/* Opened in the new namespace, of which alone there may be binds, and before the place of the new root is
 * covered, since one may be below it. */
static int confine(const struct unit *unit)
{
	int fds[PATHS_MAX];
	size_t count;
	int result = unshare(CLONE_NEWNS);
	mode_t mask = umask(0022); /* its user goes through what is made here */

	if (result == 0)
		result = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	count = result == 0 ? open_shown(unit, fds) : 0;
	if (result == 0)
		result = mount("tmpfs", NEW_ROOT, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755");
	for (size_t i = 0; i < count; i++) {
		if (result == 0 && fds[i] >= 0)
			result = bind_one(fds[i], unit->shown[2 * i + 1]);
		if (fds[i] >= 0)
			(void)close(fds[i]);
	}
	(void)umask(mask);
	return result == 0 ? chroot(NEW_ROOT) : result;
}

enum err unit_become(const struct unit *unit, const char **why)
{
	struct person person = { 0 };

	*why = "its user, or one of its groups, is not there";
	if (find_person(unit, &person) != ERR_OK)
		return ERR_NOT_FOUND;
	*why = "root may not make a file system of its own here";
	if (unit->confined && (confine(unit) != 0 || chdir("/") != 0))
		return ERR_IO;
	*why = "root may not become its user here";
	if (setgroups((size_t)person.count, person.groups) != 0 ||
	    setresgid(person.gid, person.gid, person.gid) != 0 ||
	    setresuid(person.uid, person.uid, person.uid) != 0)
		return ERR_IO;
	return ERR_OK;
}
