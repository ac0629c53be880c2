/* SPDX-License-Identifier: ISC */
#include "app/unit.h"

#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define GROUPS_MAX 1024

struct person {
	uid_t uid;
	gid_t gid;
	gid_t groups[GROUPS_MAX];
	int count;
};

/* Neither has a name of digits alone. */
static bool is_number(const char *name, unsigned *number)
{
	char *end;
	unsigned long value = strtoul(name, &end, 10);

	*number = (unsigned)value;
	return name[0] >= '0' && name[0] <= '9' && *end == '\0' && value < UINT32_MAX;
}

static const struct passwd *find_user(const char *name)
{
	unsigned number;

	return is_number(name, &number) ? getpwuid(number) : getpwnam(name);
}

static const struct group *find_group(const char *name)
{
	unsigned number;

	return is_number(name, &number) ? getgrgid(number) : getgrnam(name);
}

/* As systemd does: those of the user, and the supplementary ones of the unit. */
static enum err find_person(const struct unit *unit, struct person *person)
{
	const struct passwd *user = find_user(unit->user);
	const struct group *group;

	if (user == NULL)
		return ERR_NOT_FOUND;
	person->uid = user->pw_uid;
	person->gid = user->pw_gid;
	if (unit->group[0] != '\0') {
		group = find_group(unit->group);
		if (group == NULL)
			return ERR_NOT_FOUND;
		person->gid = group->gr_gid;
	}
	person->count = GROUPS_MAX / 2;
	if (getgrouplist(user->pw_name, person->gid, person->groups, &person->count) < 0)
		return ERR_NOT_FOUND;
	for (size_t i = 0; unit->groups != NULL && unit->groups[i] != NULL && person->count < GROUPS_MAX;
	     i++) {
		group = find_group(unit->groups[i]);
		if (group == NULL)
			return ERR_NOT_FOUND;
		person->groups[person->count++] = group->gr_gid;
	}
	return ERR_OK;
}

enum err unit_become(struct unit *unit, const char **why)
{
	struct person person = { 0 };
	enum err err;

	*why = "its user, or one of its groups, is not there";
	if (find_person(unit, &person) != ERR_OK)
		return ERR_NOT_FOUND;
	err = unit_view_take(unit, why);
	if (err != ERR_OK)
		return err;
	*why = "root may not become its user here";
	if (setgroups((size_t)person.count, person.groups) != 0 ||
	    setresgid(person.gid, person.gid, person.gid) != 0 ||
	    setresuid(person.uid, person.uid, person.uid) != 0)
		return ERR_IO;
	return ERR_OK;
}
