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

static char *path_of(const char *folder, const char *domain)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s.txt", folder, domain) >= 0 ? path : NULL;
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
	char *path = path_of(folder, former->domain);
	enum err err;

	if (path == NULL)
		return ERR_NO_MEMORY;
	err = compare(path, former);
	if (err == ERR_NOT_FOUND)
		err = ERR_OK;
	if (err != ERR_OK && err != ERR_NO_MEMORY) {
		former->instead =
			"move it away, and run this again; or reload first if it is what shall be served";
		err = text_appendf(&former->problem, "%s is there already and says something else", path);
	}
	free(path);
	return err;
}

static bool write_whole(int fd, const struct text *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t more = write(fd, text->bytes + done, text->len - done);

		if (more < 0 && errno != EINTR)
			return false;
		done += more > 0 ? (size_t)more : 0;
	}
	return fsync(fd) == 0;
}

/* A link does not take the place of a file that came in the meantime, as a renaming would. */
static bool put(int folder, const char *aside, const char *name, const struct text *text)
{
	int fd = openat(folder, aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	bool done = fd >= 0 && write_whole(fd, text) && linkat(folder, aside, folder, name, 0) == 0 &&
		    fsync(folder) == 0;
	int problem = errno;

	if (fd >= 0) {
		(void)close(fd);
		(void)unlinkat(folder, aside, 0);
	}
	errno = problem;
	return done;
}

static enum err write_new(const char *folder, const struct former *former, const char *path, FILE *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && put(fd, ".mta-stsctl-adopt", path + strlen(folder) + 1, &former->text);

	if (!done)
		print_problem(err,
			      "cannot write '%s' (%s): the domain is adopted and served; correct that, and "
			      "run this "
			      "again",
			      path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return done ? ERR_OK : ERR_REFUSED;
}

enum err policy_file_write(const char *folder, const struct former *former, FILE *err)
{
	char *path = path_of(folder, former->domain);
	enum err result;

	if (path == NULL)
		return ERR_NO_MEMORY;
	result = compare(path, former);
	if (result != ERR_OK && result != ERR_NO_MEMORY)
		result = write_new(folder, former, path, err);
	free(path);
	return result;
}
