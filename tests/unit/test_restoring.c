/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; memory */
#include "core/restoring.h"
#include "make_cert.h"
#include "memory.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

__typeof__(clock_now) __wrap_clock_now;

time_t __wrap_clock_now(void)
{
	return MAKE_CERT_NOW;
}

/* Backup and state side by side: "earlier" expires earlier in the state, "later" later; "here" is there only.
 */
struct fixture {
	char *directory;
	struct manifest manifest;
	struct restoring restoring;
	char backup[256];
	char state[256];
	int state_fd;
};

static void make(const struct fixture *fix, const char *name, long days)
{
	const struct make_cert how = { .names = { "mta-sts.example.org" },
				       .not_after = MAKE_CERT_NOW + days * MAKE_CERT_DAY };

	make_cert(&how, fix->directory, name, name);
}

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	if (fix == NULL)
		return -1;
	fix->directory = make_cert_directory();
	make(fix, "backup/certificates/earlier.pem", 60);
	make(fix, "state/certificates/earlier.pem", 30);
	make(fix, "backup/certificates/later.pem", 30);
	make(fix, "state/certificates/later.pem", 60);
	make(fix, "state/certificates/here.pem", 30);
	make(fix, "backup/certificates/there.pem", 30);
	make_cert_file(fix->directory, "state/certificates/spoiled.pem", "nothing", 0600);
	make(fix, "backup/certificates/spoiled.pem", 5);
	(void)strcpy(fix->backup, make_cert_path(fix->directory, "backup"));
	(void)strcpy(fix->state, make_cert_path(fix->directory, "state"));
	assert_int_equal(folder_list(make_cert_path(fix->directory, "backup/certificates"),
				     &fix->manifest.certificates),
			 ERR_OK);
	fix->state_fd = open(fix->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;

	(void)close(fix->state_fd);
	manifest_free(&fix->manifest);
	make_cert_remove(&fix->directory);
	free(fix);
	return 0;
}

static enum err restore(struct fixture *fix)
{
	fix->restoring =
		(struct restoring){ .backup = fix->backup, .manifest = &fix->manifest, .state = fix->state };
	return restoring_certificates(&fix->restoring, fix->state_fd, "new");
}

static void assert_same(const struct fixture *fix, const char *a, const char *b)
{
	struct file one = { 0 }, other = { 0 };
	const char *why;

	assert_int_equal(file_read(make_cert_path(fix->directory, a), 1 << 20, &one, &why), ERR_OK);
	assert_int_equal(file_read(make_cert_path(fix->directory, b), 1 << 20, &other, &why), ERR_OK);
	assert_int_equal(one.len, other.len);
	assert_memory_equal(one.bytes, other.bytes, one.len);
	file_free(&one);
	file_free(&other);
}

static void of_two_the_one_that_expires_later_is_used(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(restore(fix), ERR_OK);
	assert_same(fix, "state/new/earlier.pem", "backup/certificates/earlier.pem");
	assert_same(fix, "state/new/later.pem", "state/certificates/later.pem");
	assert_same(fix, "state/new/here.pem", "state/certificates/here.pem");
	assert_same(fix, "state/new/there.pem", "backup/certificates/there.pem");
	assert_same(fix, "state/new/spoiled.pem", "backup/certificates/spoiled.pem");
	assert_int_equal(fix->restoring.taken, 3);
	assert_int_equal(fix->restoring.later, 1);
	assert_int_equal(fix->restoring.kept, 1);
}

/* "later" leads to a pair that expires later; what it leads to is not compared with, and not copied. */
static void no_link_of_the_services_user_is_followed(void **state)
{
	struct fixture *fix = *state;
	char later[256], moved[256], folder[256];

	(void)strcpy(later, make_cert_path(fix->directory, "state/certificates/later.pem"));
	(void)strcpy(moved, make_cert_path(fix->directory, "moved.pem"));
	(void)strcpy(folder, make_cert_path(fix->directory, "state/certificates"));
	assert_int_equal(rename(later, moved), 0);
	assert_int_equal(symlink(moved, later), 0);
	assert_int_equal(restore(fix), ERR_OK);
	assert_same(fix, "state/new/later.pem", "backup/certificates/later.pem");

	assert_int_equal(rename(folder, make_cert_path(fix->directory, "elsewhere")), 0);
	assert_int_equal(symlink("../elsewhere", folder), 0);
	assert_int_equal(folder_remove(fix->state_fd, "new"), ERR_OK);
	assert_int_equal(restore(fix), ERR_REFUSED);
	assert_int_not_equal(access(make_cert_path(fix->directory, "state/new"), F_OK), 0);
	assert_int_equal(unlink(folder), 0);
	assert_int_equal(rename(make_cert_path(fix->directory, "elsewhere"), folder), 0);
}

static void what_is_in_the_way_is_an_error(void **state)
{
	struct fixture *fix = *state;

	make_cert_file(fix->directory, "state/new", "", 0600);
	assert_int_equal(restore(fix), ERR_STORE);
}

/* A pair that cannot be read for want of memory is not called worse: it is not done at all, or as it should
 * be. */
static void without_memory_nothing_worse_is_chosen(void **state)
{
	struct fixture *fix = *state;
	bool failed = true;

	for (size_t i = 0; failed; i++) {
		enum err err;

		memory_fail_after(i);
		err = restore(fix);
		failed = memory_restore();
		if (err == ERR_OK)
			assert_same(fix, "state/new/later.pem", "state/certificates/later.pem");
		assert_true(err == ERR_OK || failed);
		assert_int_equal(folder_remove(fix->state_fd, "new"), ERR_OK);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(of_two_the_one_that_expires_later_is_used),
		TEST(no_link_of_the_services_user_is_followed),
		TEST(what_is_in_the_way_is_an_error),
		TEST(without_memory_nothing_worse_is_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
