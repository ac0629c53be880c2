/* SPDX-License-Identifier: ISC */
/* wrap: connect poll sd_journal_sendv */
#include "app/notify.h"

#include "log/log_event.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* Standard error is a pipe while an event is logged. */
static int saved;
static int ends[2];

/* The journal: whether it is there, has room, and takes what it gets. */
static bool there, room, takes;
static unsigned sent;
static char fields[2048];

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_sd_journal_sendv(const struct iovec *field, int count);

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
	const struct sockaddr_un *to = (const void *)address;

	(void)fd;
	assert_int_equal(len, sizeof(*to));
	assert_string_equal(to->sun_path, "/run/systemd/journal/socket");
	errno = ENOENT;
	return there ? 0 : -1;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	assert_int_equal(count, 1);
	assert_true(timeout >= 0 && timeout < 1000);
	fds->revents = room ? POLLOUT : 0;
	return room;
}

int __wrap_sd_journal_sendv(const struct iovec *field, int count)
{
	size_t len = 0;

	sent++;
	for (int i = 0; i < count; i++) {
		assert_true(len + field[i].iov_len + 2 < sizeof(fields));
		memcpy(fields + len, field[i].iov_base, field[i].iov_len);
		len += field[i].iov_len;
		fields[len++] = '\n';
	}
	fields[len] = '\0';
	return takes ? 0 : -ENOENT;
}

static int set_up(void **state)
{
	(void)state;
	there = room = takes = true;
	sent = 0;
	fields[0] = '\0';
	saved = dup(STDERR_FILENO);
	return pipe2(ends, O_NONBLOCK) == 0 && dup2(ends[1], STDERR_FILENO) >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	log_event_open(NULL);
	(void)unsetenv("JOURNAL_STREAM");
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return 0;
}

/* JOURNAL_STREAM as the service manager sets it, a device or an inode away, with something behind it. */
static void set_stream(uintmax_t device, uintmax_t inode, const char *rest)
{
	char stream[80];
	struct stat status;

	assert_int_equal(fstat(ends[1], &status), 0);
	(void)snprintf(stream, sizeof(stream), "%" PRIuMAX ":%" PRIuMAX "%s",
		       (uintmax_t)status.st_dev + device, (uintmax_t)status.st_ino + inode, rest);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
}

static void log_an_event(void)
{
	notify_open_journal();
	log_event(EVENT_DOMAIN_PUBLISHED, &(struct log_fields){ .domain = "example.org" }, "a line");
}

static void assert_on_standard_error(const char *line)
{
	char got[256];
	ssize_t len = read(ends[0], got, sizeof(got) - 1);

	got[len > 0 ? len : 0] = '\0';
	assert_string_equal(got, line);
}

static void where_standard_error_is_the_journal_an_event_has_its_fields(void **state)
{
	char expected[512];

	(void)state;
	set_stream(0, 0, "");
	log_an_event();
	(void)snprintf(expected, sizeof(expected),
		       "MESSAGE=a line\nMESSAGE_ID=%s\nPRIORITY=5\nSYSLOG_IDENTIFIER=mta-stsd\n"
		       "MTA_STS_DOMAIN=example.org\n",
		       log_event_row(EVENT_DOMAIN_PUBLISHED)->id);
	assert_string_equal(fields, expected);
	assert_on_standard_error("");
}

static void without_a_journal_an_event_is_a_line(void **state)
{
	(void)state;
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	log_an_event();
	assert_int_equal(sent, 0);
	assert_on_standard_error("a line\n");
}

/* Who starts us from a unit may lead standard error elsewhere, and the variable stays. */
static void a_journal_that_is_not_our_standard_error_gets_nothing(void **state)
{
	const struct {
		uintmax_t device, inode;
		const char *rest;
	} wrong[] = { { 1, 0, "" }, { 0, 1, "" }, { 0, 0, "0" }, { 0, 0, "x" } };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		set_stream(wrong[i].device, wrong[i].inode, wrong[i].rest);
		log_an_event();
		assert_int_equal(sent, 0);
		assert_on_standard_error("a line\n");
	}
	assert_int_equal(setenv("JOURNAL_STREAM", "", 1), 0);
	log_an_event();
	assert_int_equal(sent, 0);
}

static void a_journal_that_is_gone_leaves_the_line(void **state)
{
	(void)state;
	set_stream(0, 0, "");
	takes = false;
	log_an_event();
	assert_int_equal(sent, 1);
	assert_on_standard_error("a line\n");
	there = false;
	log_an_event();
	assert_int_equal(sent, 1);
	assert_on_standard_error("a line\n");
}

static void a_journal_that_does_not_read_is_not_waited_for(void **state)
{
	(void)state;
	set_stream(0, 0, "");
	room = false;
	log_an_event();
	assert_int_equal(sent, 0);
	assert_on_standard_error("a line\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(where_standard_error_is_the_journal_an_event_has_its_fields),
		TEST(without_a_journal_an_event_is_a_line),
		TEST(a_journal_that_is_not_our_standard_error_gets_nothing),
		TEST(a_journal_that_is_gone_leaves_the_line),
		TEST(a_journal_that_does_not_read_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
