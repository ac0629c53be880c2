/* SPDX-License-Identifier: ISC */
#include "ctl/orders/policy_file.h"

#include "base/file.h"
#include "ctl/cli/print.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE 0644
#define BYTES_MAX 65536

#define TEMPORARY_SIZE 48

static char *path_of(const char *folder, const char *domain, const char *ending)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s%s", folder, domain, ending) >= 0 ? path : NULL;
}

/* A domain file that was not read yet: two files of one domain would both be refused. */
static bool has_domain_file(const char *folder, const char *domain)
{
	char *path = path_of(folder, domain, ".conf");
	bool there = path != NULL && access(path, F_OK) == 0;

	free(path);
	return there;
}

/* @return ERR_OK (it says the same), ERR_NOT_FOUND, ERR_REFUSED (it says something else, or cannot be read)
 */
static enum err compare(const char *path, const struct former *former)
{
	struct file file = { 0 };
	const char *why;
	enum err err = file_read(path, BYTES_MAX, &file, &why);

	if (err == ERR_OK &&
	    (file.len != former->text.len || memcmp(file.bytes, former->text.bytes, former->text.len) != 0))
		err = ERR_REFUSED;
	file_free(&file);
	return err;
}

enum err policy_file_look(const char *folder, struct former *former)
{
	char *path = path_of(folder, former->domain, ".txt");
	char shown[TEXT_SHOWN_SIZE];
	enum err err;

	if (path == NULL)
		return ERR_NO_MEMORY;
	err = compare(path, former);
	if (err == ERR_NOT_FOUND)
		err = ERR_OK;
	if (err != ERR_OK && err != ERR_NO_MEMORY) {
		former->instead = "move it away, and run this again";
		err = text_appendf(&former->problem, "%s is there already and says something else",
				   text_escape(path, strlen(path), shown));
	}
	free(path);
	return err;
}

/* A file that is to get its name when it is whole. */
struct unnamed {
	int folder;
	int fd;
	char path[TEMPORARY_SIZE]; /* of it, or of a link to it */
	bool hidden;               /* it has a name of its own until then */
};

/* Where the file system has no files without a name, such as NFS, one that is no domain file's has to do. */
static bool open_unnamed(int folder, struct unnamed *file)
{
	*file = (struct unnamed){ .folder = folder };
	file->fd = openat(folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, FILE_MODE);
	if (file->fd >= 0) {
		(void)snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
		return true;
	}
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)
		return false;
	file->hidden = true;
	(void)snprintf(file->path, sizeof(file->path), ".adopt.%ld", (long)getpid());
	file->fd =
		openat(folder, file->path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	return file->fd >= 0;
}

static bool name_it(const struct unnamed *file, const char *name)
{
	return file->hidden ? linkat(file->folder, file->path, file->folder, name, 0) == 0
			    : linkat(AT_FDCWD, file->path, file->folder, name, AT_SYMLINK_FOLLOW) == 0;
}

/*
 * It has no name until it is whole, so nothing is left when this ends in between, and several may run at
 * once; and a link does not take the place of a file that came in the meantime.
 */
static bool put(int folder, const char *name, const struct text *text)
{
	struct unnamed file;
	bool done = open_unnamed(folder, &file) && fchmod(file.fd, FILE_MODE) == 0 &&
		    file_write(file.fd, text) == ERR_OK && name_it(&file, name) && fsync(folder) == 0;
	int problem = errno;

	if (file.hidden && file.fd >= 0)
		(void)unlinkat(folder, file.path, 0);
	if (file.fd >= 0)
		(void)close(file.fd);
	errno = problem;
	return done;
}

static enum err write_new(const char *folder, const struct former *former, const char *path, FILE *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && put(fd, path + strlen(folder) + 1, &former->text);
	int problem = errno;

	/* Another run may have been faster. */
	if (!done && problem == EEXIST)
		done = compare(path, former) == ERR_OK;
	if (!done)
		print_problem(err,
			      "cannot write '%s' (%s): the domain is adopted and served; correct that, and "
			      "run this "
			      "again",
			      path, strerror(problem));
	if (fd >= 0)
		(void)close(fd);
	return done ? ERR_OK : ERR_REFUSED;
}

enum err policy_file_write(const char *folder, const struct former *former, FILE *err)
{
	char *path = path_of(folder, former->domain, ".txt");
	enum err result;

	if (path == NULL)
		return ERR_NO_MEMORY;
	result = has_domain_file(folder, former->domain) ? ERR_OK : compare(path, former);
	if (result != ERR_OK && result != ERR_NO_MEMORY)
		result = write_new(folder, former, path, err);
	free(path);
	return result;
}
