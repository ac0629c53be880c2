/* SPDX-License-Identifier: ISC */
#include "ctl/acme/account.h"

#include "base/file.h"
#include "base/folder.h"
#include "ctl/acme/user.h"
#include "ctl/cli/print.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define LOCK  "lock"
#define KNOWN "authorities"
#define KEY   "private/key.pem"

/* What the kernel says behind the path of a program that was replaced. */
#define DELETED " (deleted)"

/* Of the list of authorities, bytes. */
#define KNOWN_MAX ((size_t)64 * 1024)

char *account_path(const struct account *account, const char *name)
{
	return file_path(account->folder, name);
}

/* Who may write there could have uacme run another program. */
static bool is_ours(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && status.st_uid == geteuid() &&
	       (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static enum err refuse(FILE *err, const char *path)
{
	bool is_denied = errno == EACCES || errno == EPERM;

	print_problem(err, "the account directory '%s' cannot be used (%s): %s", path, strerror(errno),
		      is_denied ? "run it as root" : "name another with --account");
	return ERR_REFUSED;
}

static enum err make_folder(const char *path)
{
	enum err err = ERR_IO;
	int fd, cause;

	if (mkdir(path, S_IRWXU) != 0)
		return errno == EEXIST ? ERR_OK : ERR_IO;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0) {
		err = is_ours(fd) ? user_give(fd) : ERR_OK;
		cause = errno;
		(void)close(fd);
		errno = cause;
	}
	return err;
}

/* Whoever root becomes may be kept from it by a directory above. */
static enum err enter(const char *path, FILE *err, struct account *account)
{
	struct stat owner;
	bool was_root = geteuid() == 0;
	enum err result;

	if (fstat(account->fd, &owner) != 0)
		return refuse(err, path);
	result = user_become(&owner, path, err);
	if (result != ERR_OK)
		return result;
	account->folder = realpath(path, NULL);
	if (account->folder != NULL)
		return ERR_OK;
	if (!was_root || geteuid() == 0)
		return refuse(err, path);
	print_problem(
		err,
		"the account directory '%s' cannot be used by its owner (%s): name another with --account",
		path, strerror(errno));
	return ERR_REFUSED;
}

static enum err open_folder(const char *path, FILE *err, struct account *account)
{
	enum err result;

	if (make_folder(path) != ERR_OK)
		return refuse(err, path);
	account->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (account->fd < 0)
		return refuse(err, path);
	result = enter(path, err, account);
	if (result != ERR_OK || is_ours(account->fd))
		return result;
	print_problem(err,
		      "the account directory '%s' belongs to another user, or others may write to it: "
		      "run it as its owner, or name another with --account",
		      path);
	return ERR_REFUSED;
}

static enum err lock(const char *path, FILE *err, struct account *account)
{
	account->lock =
		openat(account->fd, LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
	if (account->lock < 0)
		return refuse(err, path);
	if (flock(account->lock, LOCK_EX | LOCK_NB) == 0)
		return ERR_OK;
	if (errno != EWOULDBLOCK)
		return refuse(err, path);
	print_problem(
		err,
		"another mta-stsctl cert obtain is running with the account directory '%s': let it finish",
		path);
	return ERR_EXISTS;
}

enum err account_open(const char *path, FILE *err, struct account *account)
{
	enum err result;

	*account = (struct account){ .fd = -1, .lock = -1 };
	result = open_folder(path, err, account);
	return result == ERR_OK ? lock(path, err, account) : result;
}

/* Each is a line of the list; the URI of the account is behind a blank, in a line of its own. */
static bool has_line(char *lines, const char *wanted)
{
	const char *line;

	while ((line = strsep(&lines, "\n")) != NULL) {
		if (strcmp(line, wanted) == 0)
			return true;
	}
	return false;
}

/* Without its end a line was cut off. */
static bool find_uri(char *lines, const char *directory, char uri[ACCOUNT_URI_SIZE])
{
	size_t len = strlen(directory);
	bool is_noted = false;
	const char *line;

	while ((line = strsep(&lines, "\n")) != NULL) {
		size_t end = strlen(line);

		if (strncmp(line, directory, len) != 0 || strncmp(line + len, " <", 2) != 0 ||
		    line[end - 1] != '>' || end - len > ACCOUNT_URI_MAX + strlen(" <>"))
			continue;
		(void)snprintf(uri, ACCOUNT_URI_SIZE, "%.*s", (int)(end - len - strlen(" <>")),
			       line + len + 2);
		is_noted = true;
	}
	return is_noted;
}

bool account_uri(const char *folder, const char *directory, char uri[ACCOUNT_URI_SIZE])
{
	struct file file = { 0 };
	bool is_noted = false;
	const char *why;

	uri[0] = '\0';
	if (file_read_in(folder, KNOWN, KNOWN_MAX, &file, &why) == ERR_OK)
		is_noted = find_uri(file.bytes, directory, uri);
	file_free(&file);
	return is_noted;
}

bool account_is_known(const char *folder, const char *directory)
{
	char *key = file_path(folder, KEY);
	struct file file = { 0 };
	bool is_known = false;
	const char *why;

	if (key != NULL && access(key, R_OK) == 0 &&
	    file_read_in(folder, KNOWN, KNOWN_MAX, &file, &why) == ERR_OK) {
		is_known = has_line(file.bytes, directory);
		file_free(&file);
	}
	free(key);
	return is_known;
}

enum err account_note(const struct account *account, const char *directory, const char *uri)
{
	int fd = openat(account->fd, KNOWN, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			S_IRUSR | S_IWUSR);
	bool ok;

	if (fd < 0)
		return ERR_IO;
	/* What a run that was cut off left of a line ends here. */
	ok = dprintf(fd, "\n%s%s%s%s\n", directory, uri != NULL ? " <" : "", uri != NULL ? uri : "",
		     uri != NULL ? ">" : "") > 0 &&
	     fsync(fd) == 0;
	return close(fd) == 0 && ok ? ERR_OK : ERR_IO;
}

static enum err link_hook(int work)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len < 0)
		return ERR_IO;
	self[len] = '\0';
	/* What an upgrade put into its place is as good. */
	if (len > (ssize_t)strlen(DELETED) && strcmp(self + len - strlen(DELETED), DELETED) == 0)
		self[(size_t)len - strlen(DELETED)] = '\0';
	if (access(self, X_OK) != 0)
		return ERR_IO;
	return symlinkat(self, work, strrchr(ACCOUNT_HOOK, '/') + 1) == 0 ? ERR_OK : ERR_IO;
}

static enum err put_request(int work, const char *request)
{
	struct text text = { 0 };
	struct stat owner;
	enum err err = text_append(&text, request, strlen(request));

	if (err == ERR_OK)
		err = fstat(work, &owner) == 0
			      ? folder_put(work, strrchr(ACCOUNT_REQUEST, '/') + 1, &text, &owner)
			      : ERR_IO;
	text_free(&text);
	return err;
}

enum err account_begin(const struct account *account, const char *request)
{
	int work = -1, cause;
	enum err err = folder_remove(account->fd, ACCOUNT_WORK);

	if (err == ERR_OK)
		err = folder_make(account->fd, ACCOUNT_WORK, &work);
	if (err == ERR_OK)
		err = link_hook(work);
	if (err == ERR_OK)
		err = put_request(work, request);
	cause = errno;
	if (work >= 0)
		(void)close(work);
	errno = cause;
	return err;
}

void account_end(const struct account *account)
{
	(void)folder_remove(account->fd, ACCOUNT_WORK);
}

void account_close(struct account *account)
{
	if (account->lock >= 0)
		(void)close(account->lock);
	if (account->fd >= 0)
		(void)close(account->fd);
	free(account->folder);
	*account = (struct account){ .fd = -1, .lock = -1 };
}
