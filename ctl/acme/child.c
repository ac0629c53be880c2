/* SPDX-License-Identifier: ISC */
#include "ctl/acme/child.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What fits into a pipe. */
#define PIPE_SIZE 65536

/* Longest file that it may write, bytes. */
#define FILE_MAX ((rlim_t)1 << 20)

/* What a shell says of a program that it cannot run. */
#define NOT_RUN 127

static bool is_program(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

enum err child_find(const char *name, char path[PATH_MAX])
{
	const char *at = getenv("PATH");

	for (; at != NULL && *at != '\0'; at += *at == ':') {
		size_t len = strcspn(at, ":");
		int size = snprintf(path, PATH_MAX, "%.*s/%s", (int)len, at, name);

		if (len > 0 && size < PATH_MAX && is_program(path))
			return ERR_OK;
		at += len;
	}
	return ERR_NOT_FOUND;
}

/* No file of ours is longer, whatever the other side sends; and a core would hold its key. */
static void set_limits(void)
{
	const struct rlimit file = { FILE_MAX, FILE_MAX }, none = { 0, 0 };

	(void)setrlimit(RLIMIT_FSIZE, &file);
	(void)setrlimit(RLIMIT_CORE, &none);
}

/* In the child: nothing but system calls. */
static void become(char *const argv[], int output, pid_t parent)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent || nothing < 0)
		_exit(NOT_RUN);
	set_limits();
	/* What is ignored stays so in another program, too. */
	(void)signal(SIGPIPE, SIG_DFL);
	if (dup2(nothing, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
	    dup2(output, STDERR_FILENO) >= 0)
		(void)execv(argv[0], argv);
	_exit(NOT_RUN);
}

static enum err keep(struct text *output, const char *bytes, size_t len)
{
	enum err err = text_append(output, bytes, len);

	if (err == ERR_OK && output->len > CHILD_OUTPUT_MAX) {
		size_t more = output->len - CHILD_OUTPUT_MAX;

		memmove(output->bytes, output->bytes + more, CHILD_OUTPUT_MAX + 1);
		output->len = CHILD_OUTPUT_MAX;
	}
	return err;
}

/* What is there now, as much as a pipe holds: one that writes for ever must not keep us.  ERR_CLOSED: no more
 * will come. */
static enum err take_output(int fd, struct text *output)
{
	char bytes[PIPE_SIZE];
	ssize_t got = read(fd, bytes, sizeof(bytes));

	if (got > 0)
		return keep(output, bytes, (size_t)got);
	return got < 0 && (errno == EAGAIN || errno == EINTR) ? ERR_OK : ERR_CLOSED;
}

/* Whoever else holds the other end of the pipe, the end of the program is the end. */
static enum err follow(int process, int output, int timeout_ms, struct child *child)
{
	struct pollfd fds[] = { { .fd = process, .events = POLLIN }, { .fd = output, .events = POLLIN } };
	uint64_t deadline_ms = clock_ms() + (uint64_t)timeout_ms;

	for (;;) {
		uint64_t now_ms = clock_ms();
		enum err err;

		child->timed_out = now_ms >= deadline_ms;
		if (child->timed_out)
			return ERR_OK;
		if (poll(fds, 2, (int)(deadline_ms - now_ms)) < 0 && errno != EINTR)
			return ERR_IO;
		err = fds[1].fd >= 0 ? take_output(output, &child->output) : ERR_OK;
		if (err == ERR_CLOSED)
			fds[1].fd = -1;
		else if (err != ERR_OK)
			return err;
		if ((fds[0].revents & POLLIN) != 0)
			return ERR_OK;
	}
}

static enum err attend(pid_t pid, int output, int timeout_ms, struct child *child)
{
	int process = (int)syscall(SYS_pidfd_open, pid, 0);
	enum err err = process >= 0 ? follow(process, output, timeout_ms, child) : ERR_IO;
	int cause = errno;

	if (err != ERR_OK || child->timed_out)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &child->status, 0) < 0 && errno == EINTR)
		;
	if (process >= 0)
		(void)close(process);
	errno = cause;
	return err;
}

enum err child_run(const char *const argv[], int timeout_ms, struct child *child)
{
	char *words[CHILD_WORDS_MAX + 1] = { NULL };
	struct child got = { 0 };
	pid_t parent = getpid(), pid;
	int ends[2], cause;
	enum err err = ERR_IO;

	/* execv() takes words that it does not change as if it could. */
	for (size_t i = 0; i < CHILD_WORDS_MAX && argv[i] != NULL; i++)
		memcpy(&words[i], &argv[i], sizeof(words[i]));
	if (pipe2(ends, O_CLOEXEC) != 0)
		return ERR_IO;
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
		goto out;
	pid = fork();
	if (pid == 0)
		become(words, ends[1], parent);
	if (pid > 0)
		err = attend(pid, ends[0], timeout_ms, &got);
out:
	cause = errno;
	(void)close(ends[0]);
	(void)close(ends[1]);
	errno = cause;
	if (err == ERR_OK)
		*child = got;
	else
		child_free(&got);
	return err;
}

bool child_exited(const struct child *child, int status)
{
	return !child->timed_out && WIFEXITED(child->status) && WEXITSTATUS(child->status) == status;
}

void child_free(struct child *child)
{
	text_free(&child->output);
}
