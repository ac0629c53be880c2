/* SPDX-License-Identifier: ISC */
#include "ctl/acme/account.h"

#include "base/file.h"
#include "scratch.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define DIRECTORY "https://ca.example/directory"

static char *said;
static size_t said_len;

static enum err open_at(const char *path, struct account *account)
{
	FILE *err;
	enum err result;

	free(said);
	said = NULL;
	err = open_memstream(&said, &said_len);
	result = account_open(path, err, account);
	(void)fclose(err);
	return result;
}

static int tear_down(void **state)
{
	free(said);
	said = NULL;
	return scratch_teardown(state);
}

static mode_t mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status.st_mode;
}

static void it_is_made_for_its_owner_alone(void **state)
{
	const char *path = scratch_path(*state, "acme");
	struct account account;

	assert_int_equal(open_at(path, &account), ERR_OK);
	assert_int_equal(mode_of(path), S_IFDIR | S_IRWXU);
	account_close(&account);
	assert_int_equal(open_at(path, &account), ERR_OK);
	account_close(&account);
}

static void one_run_at_a_time_has_it(void **state)
{
	const char *path = scratch_path(*state, "acme");
	struct account first, second;

	assert_int_equal(open_at(path, &first), ERR_OK);
	assert_int_equal(open_at(path, &second), ERR_EXISTS);
	assert_non_null(strstr(said, "another mta-stsctl cert obtain is running"));
	account_close(&second);
	account_close(&first);
	assert_int_equal(open_at(path, &second), ERR_OK);
	account_close(&second);
}

static void one_that_others_may_write_to_is_refused(void **state)
{
	const char *path = scratch_path(*state, "acme");
	struct account account;

	assert_int_equal(mkdir(path, S_IRWXU), 0);
	assert_int_equal(chmod(path, 0770), 0);
	assert_int_equal(open_at(path, &account), ERR_REFUSED);
	assert_non_null(strstr(said, "others may write to it"));
	account_close(&account);
}

static void one_that_cannot_be_made_is_named(void **state)
{
	struct account account;

	assert_int_equal(open_at(scratch_path(*state, "none/acme"), &account), ERR_REFUSED);
	assert_non_null(strstr(said, "/none/acme' cannot be used (No such file or directory)"));
	account_close(&account);
	assert_int_equal(open_at(scratch_write(*state, "file", ""), &account), ERR_REFUSED);
	account_close(&account);
}

static void an_account_is_known_as_long_as_its_key_is_there(void **state)
{
	struct account account;

	assert_int_equal(open_at(scratch_path(*state, "acme"), &account), ERR_OK);
	assert_int_equal(account_note(&account, DIRECTORY, NULL), ERR_OK);
	assert_false(account_is_known(account.folder, DIRECTORY));

	assert_int_equal(mkdir(scratch_path(*state, "acme/private"), S_IRWXU), 0);
	(void)scratch_write(*state, "acme/private/key.pem", "key");
	assert_true(account_is_known(account.folder, DIRECTORY));
	assert_false(account_is_known(account.folder, DIRECTORY "/2"));
	assert_false(account_is_known(account.folder, "https://ca.example/dir"));

	assert_int_equal(account_note(&account, DIRECTORY "/2", NULL), ERR_OK);
	assert_true(account_is_known(account.folder, DIRECTORY "/2"));
	assert_true(account_is_known(account.folder, DIRECTORY));
	account_close(&account);
}

static void the_uri_of_an_account_is_the_one_that_was_noted_last(void **state)
{
	struct account account;
	char uri[ACCOUNT_URI_SIZE];

	assert_int_equal(open_at(scratch_path(*state, "acme"), &account), ERR_OK);
	assert_false(account_uri(account.folder, DIRECTORY, uri));
	assert_int_equal(account_note(&account, DIRECTORY, NULL), ERR_OK);
	assert_false(account_uri(account.folder, DIRECTORY, uri));
	assert_string_equal(uri, "");

	assert_int_equal(account_note(&account, DIRECTORY, "https://ca.example/1"), ERR_OK);
	assert_int_equal(account_note(&account, DIRECTORY "/2", "https://ca.example/2"), ERR_OK);
	assert_true(account_uri(account.folder, DIRECTORY, uri));
	assert_string_equal(uri, "https://ca.example/1");
	assert_int_equal(account_note(&account, DIRECTORY, "https://ca.example/3"), ERR_OK);
	assert_true(account_uri(account.folder, DIRECTORY, uri));
	assert_string_equal(uri, "https://ca.example/3");
	assert_int_equal(account_note(&account, DIRECTORY, ""), ERR_OK);
	assert_true(account_uri(account.folder, DIRECTORY, uri));
	assert_string_equal(uri, "");
	account_close(&account);
}

static void a_uri_that_was_cut_off_is_none(void **state)
{
	static const char *const lines[] = { DIRECTORY " <https://ca.example/1", DIRECTORY " <",
					     DIRECTORY " ",
					     DIRECTORY " <https://ca.example/1\n" DIRECTORY
						       "/2 <https://ca.example/2>\n" };
	char uri[ACCOUNT_URI_SIZE];

	(void)mkdir(scratch_path(*state, "acme"), S_IRWXU);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		(void)scratch_write(*state, "acme/authorities", lines[i]);
		assert_false(account_uri(scratch_path(*state, "acme"), DIRECTORY, uri));
	}
}

static void a_line_that_was_cut_off_spoils_no_other(void **state)
{
	struct account account;

	assert_int_equal(open_at(scratch_path(*state, "acme"), &account), ERR_OK);
	assert_int_equal(mkdir(scratch_path(*state, "acme/private"), S_IRWXU), 0);
	(void)scratch_write(*state, "acme/private/key.pem", "key");
	(void)scratch_write(*state, "acme/authorities", "https://ca.exam");
	assert_int_equal(account_note(&account, DIRECTORY, NULL), ERR_OK);
	assert_true(account_is_known(account.folder, DIRECTORY));
	account_close(&account);
}

static void an_order_has_a_directory_that_begins_empty_and_goes(void **state)
{
	struct file file = { 0 };
	struct account account;
	const char *why;
	char self[PATH_MAX], target[PATH_MAX] = "";
	char *path;

	assert_int_equal(open_at(scratch_path(*state, "acme"), &account), ERR_OK);
	assert_int_equal(account_begin(&account, "old"), ERR_OK);
	(void)scratch_write(*state, "acme/work/request-cert.pem", "of a run that was cut off");

	assert_int_equal(account_begin(&account, "PEM\n"), ERR_OK);

	assert_int_equal(access(scratch_path(*state, "acme/work/request-cert.pem"), F_OK), -1);
	assert_int_equal(mode_of(scratch_path(*state, "acme/work")), S_IFDIR | S_IRWXU);
	path = account_path(&account, ACCOUNT_REQUEST);
	assert_int_equal(file_read(path, 100, &file, &why), ERR_OK);
	assert_string_equal(file.bytes, "PEM\n");
	file_free(&file);
	free(path);
	path = account_path(&account, ACCOUNT_HOOK);
	assert_non_null(realpath(path, target));
	assert_non_null(realpath("/proc/self/exe", self));
	assert_string_equal(target, self);
	free(path);

	account_end(&account);
	assert_int_equal(access(scratch_path(*state, "acme/work"), F_OK), -1);
	account_close(&account);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, scratch_setup, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(it_is_made_for_its_owner_alone),
		UNIT(one_run_at_a_time_has_it),
		UNIT(one_that_others_may_write_to_is_refused),
		UNIT(one_that_cannot_be_made_is_named),
		UNIT(an_account_is_known_as_long_as_its_key_is_there),
		UNIT(the_uri_of_an_account_is_the_one_that_was_noted_last),
		UNIT(a_uri_that_was_cut_off_is_none),
		UNIT(a_line_that_was_cut_off_spoils_no_other),
		UNIT(an_order_has_a_directory_that_begins_empty_and_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
