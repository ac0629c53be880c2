/* SPDX-License-Identifier: ISC */
/* wrap: openat */
/* Policy files of adopted domains: whole or not there, and nobody else's is touched; and orders of a bearable
 * size. */
#include "scratch.h"

#include "ctl/orders/adopt_order.h"
#include "ctl/orders/policy_file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define POLICY "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"

static struct former made(void)
{
	struct former former = { .domain = "a.example" };

	assert_int_equal(former_read(POLICY, strlen(POLICY), "policy", &former), ERR_OK);
	return former;
}

static enum err write_it(const struct scratch *scratch)
{
	struct former former = made();
	enum err err = policy_file_write(scratch->folder, &former, stderr);

	former_free(&former);
	return err;
}

static enum err look(const struct scratch *scratch, size_t *problem)
{
	struct former former = made();
	enum err err = policy_file_look(scratch->folder, &former);

	*problem = former.problem.len;
	former_free(&former);
	return err;
}

static bool nameless_files = true; /* the file system has them */

int __real_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);

int __wrap_openat(int folder, const char *path, int flags, ...)
{
	if (!nameless_files && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return __real_openat(folder, path, flags, 0644);
}

static void where_no_file_is_without_a_name_it_gets_one_all_the_same(void **state)
{
	const struct scratch *scratch = *state;
	char path[1024], text[256];
	FILE *file;

	nameless_files = false;
	assert_int_equal(write_it(scratch), ERR_OK);
	nameless_files = true;
	(void)snprintf(path, sizeof(path), "%s/a.example.txt", scratch->folder);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fread(text, 1, sizeof(text), file), strlen(POLICY));
	assert_memory_equal(text, POLICY, strlen(POLICY));
	(void)fclose(file);
	(void)snprintf(path, sizeof(path), "%s/.adopt.%ld", scratch->folder, (long)getpid());
	assert_int_equal(access(path, F_OK), -1);
}

/* What happens in the directory, name by name. */
static void a_file_has_its_name_only_when_it_is_whole(void **state)
{
	const struct scratch *scratch = *state;
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	union {
		struct inotify_event event;
		char bytes[1024];
	} room;
	const struct inotify_event *event;
	mode_t mask = umask(077);
	struct stat status;
	uint32_t seen = 0;
	ssize_t len;

	assert_true(inotify_add_watch(fd, scratch->folder, IN_CREATE | IN_MODIFY | IN_MOVE | IN_DELETE) >= 0);
	assert_int_equal(write_it(scratch), ERR_OK);
	(void)umask(mask);
	len = read(fd, room.bytes, sizeof(room));
	for (ssize_t at = 0; at < len; at += (ssize_t)(sizeof(*event) + event->len)) {
		event = (const struct inotify_event *)(const void *)(room.bytes + at);
		if (event->len > 0 && strcmp(event->name, "a.example.txt") == 0)
			seen |= event->mask;
		else
			assert_int_equal(event->mask, IN_MODIFY); /* of a file that has no name */
	}
	assert_int_equal(seen, IN_CREATE);
	assert_int_equal(stat(scratch_path(scratch, "a.example.txt"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0644);
	assert_int_equal(status.st_size, strlen(POLICY));
	(void)close(fd);
}

static void one_that_says_the_same_stays(void **state)
{
	size_t problem;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(write_it(*state), ERR_OK);
		assert_int_equal(look(*state, &problem), ERR_OK);
		assert_int_equal(problem, 0);
	}
}

static void one_that_says_something_else_is_not_lost(void **state)
{
	const char *path = scratch_write(*state, "a.example.txt", "mine");
	struct stat status;
	size_t problem;

	assert_int_equal(look(*state, &problem), ERR_OK);
	assert_true(problem > 0);
	assert_int_equal(write_it(*state), ERR_REFUSED);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, strlen("mine"));
}

static void beside_a_domain_file_none_is_written(void **state)
{
	(void)scratch_write(*state, "a.example.conf", "mode = \"none\"; max_age = 86400;");
	assert_int_equal(write_it(*state), ERR_OK);
	assert_int_not_equal(access(scratch_path(*state, "a.example.txt"), F_OK), 0);
}

static void an_order_is_no_larger_than_the_daemon_takes(void **state)
{
	struct former *items = calloc(2500, sizeof(*items));

	(void)state;
	assert_non_null(items);
	assert_int_equal(adopt_order_batch(items, 2500), 1000);
	assert_int_equal(adopt_order_batch(items, 7), 7);
	for (size_t i = 0; i < 2500; i++)
		items[i].text.len = 65536;
	assert_int_equal(adopt_order_batch(items, 2500), 64);
	items[0].text.len = (size_t)9 << 20;
	assert_int_equal(adopt_order_batch(items, 2500), 1);
	free(items);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_has_its_name_only_when_it_is_whole),
		TEST(where_no_file_is_without_a_name_it_gets_one_all_the_same),
		TEST(one_that_says_the_same_stays),
		TEST(one_that_says_something_else_is_not_lost),
		TEST(beside_a_domain_file_none_is_written),
		cmocka_unit_test(an_order_is_no_larger_than_the_daemon_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
