/* SPDX-License-Identifier: ISC */
#include "core/wanted.h"

#include "base/file.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Not synced: after a crash the start tells anew. */
static bool put(const char *path, size_t uncovered)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		      S_IRUSR | S_IWUSR);
	bool written;
	int cause;

	if (fd < 0)
		return false;
	written = dprintf(fd, "domains without a certificate: %zu\n", uncovered) > 0;
	cause = errno;
	if (close(fd) != 0)
		return false;
	errno = cause;
	return written;
}

void wanted_tell(struct wanted_file *wanted, size_t uncovered)
{
	char *path = wanted->state != NULL ? file_path(wanted->state, WANTED_FILE) : NULL;
	bool done = path != NULL && put(path, uncovered);

	if (wanted->state != NULL && !done && !wanted->failed)
		log_warning("certificates, nobody told that some are wanted (%s/" WANTED_FILE
			    ": %s): they are ordered by the clock",
			    wanted->state, strerror(path != NULL ? errno : ENOMEM));
	wanted->failed = wanted->state != NULL && !done;
	free(path);
}
