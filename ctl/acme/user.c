/* SPDX-License-Identifier: ISC */
#include "ctl/acme/user.h"

#include "ctl/cli/print.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum err user_give(int fd)
{
	const struct passwd *user = geteuid() == 0 ? getpwnam(USER_NAME) : NULL;

	return user == NULL || fchown(fd, user->pw_uid, user->pw_gid) == 0 ? ERR_OK : ERR_IO;
}

/* Groups first, since the last step takes the right to change any; and there must be no way back. */
static bool change(const struct passwd *user)
{
	if (initgroups(user->pw_name, user->pw_gid) != 0 ||
	    setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
		return false;
	errno = EPERM;
	return setresuid((uid_t)-1, 0, (uid_t)-1) != 0 && geteuid() == user->pw_uid &&
	       getegid() == user->pw_gid;
}

enum err user_become(const struct stat *owner, const char *path, FILE *err)
{
	const struct passwd *user;

	if (geteuid() != 0 || owner->st_uid == 0)
		return ERR_OK;
	user = getpwuid(owner->st_uid);
	if (user == NULL) {
		print_problem(
			err,
			"the account directory '%s' belongs to user ID %lu, whom nobody knows: give it to "
			"a user, or name another with --account",
			path, (unsigned long)owner->st_uid);
		return ERR_REFUSED;
	}
	if (change(user))
		return ERR_OK;
	print_problem(err,
		      "root cannot become %s, who owns the account directory '%s' (%s): run it as that user",
		      user->pw_name, path, strerror(errno));
	return ERR_REFUSED;
}
