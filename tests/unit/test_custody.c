/* SPDX-License-Identifier: ISC */
/* wrap: geteuid */
#include "store/condition.h"

#include "make_cert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define STRANGER 12345

struct fixture {
	char *state;
	struct complaints complaints;
};

static uid_t me; /* what geteuid() says; 0: the truth */

uid_t __wrap_geteuid(void);
uid_t __real_geteuid(void);

uid_t __wrap_geteuid(void)
{
	return me != 0 ? me : __real_geteuid();
}

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .state = make_cert_directory() };
	me = 0;
	make_cert_file(fixture.state, "mta-stsd.db", "", 0600);
	make_cert_file(fixture.state, "certificates/a.pem", "", 0600);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	complaints_free(&fix->complaints);
	make_cert_remove(&fix->state);
	return 0;
}

static void check(struct fixture *fix)
{
	complaints_free(&fix->complaints);
	condition_check_custody(fix->state, &fix->complaints);
}

static void assert_warns(struct fixture *fix, const char *path, const char *what, const char *value)
{
	check(fix);
	assert_int_equal(fix->complaints.count, 1);
	assert_int_equal(fix->complaints.item[0].severity, SEVERITY_WARNING);
	assert_string_equal(fix->complaints.item[0].file, path);
	assert_string_equal(fix->complaints.item[0].what, what);
	assert_string_equal(fix->complaints.item[0].value, value);
}

static void set_mode(const char *path, mode_t mode)
{
	assert_int_equal(chmod(path, mode), 0);
}

static void says_nothing_of_a_state_in_our_hands(void **state)
{
	struct fixture *fix = *state;

	set_mode(fix->state, 0755);
	assert_int_equal(symlink("nowhere", make_cert_path(fix->state, "link")), 0);
	check(fix);
	assert_int_equal(fix->complaints.count, 0);
}

static void warns_of_a_directory_that_others_may_write_to(void **state)
{
	struct fixture *fix = *state;
	const char *what = "state directory may be written by other users";

	set_mode(fix->state, 0777);
	assert_warns(fix, fix->state, what, "0777");
	set_mode(fix->state, 0770);
	assert_warns(fix, fix->state, what, "0770");
	set_mode(fix->state, 01702);
	assert_warns(fix, fix->state, what, "1702");
}

static void warns_of_entries_that_others_may_write_to(void **state)
{
	static const char *const names[] = { "mta-stsd.db", "certificates", "certificates/a.pem" };
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *path = make_cert_path(fix->state, names[i]);

		set_mode(path, 0720);
		assert_warns(fix, path, "state may be written by other users", "0720");
		set_mode(path, 0700);
	}
}

static void names_one_of_many_entries(void **state)
{
	struct fixture *fix = *state;
	char name[32];

	for (unsigned i = 0; i < 5; i++) {
		(void)snprintf(name, sizeof(name), "certificates/%u.pem", i);
		make_cert_file(fix->state, name, "", 0666);
	}
	check(fix);
	assert_int_equal(fix->complaints.count, 1);
	assert_string_equal(fix->complaints.item[0].value, "0666, and 4 more");
}

static void warns_of_a_directory_of_somebody_else(void **state)
{
	struct fixture *fix = *state;
	struct stat status;
	char value[32];

	assert_int_equal(stat(fix->state, &status), 0);
	if (status.st_uid == 0) {
		assert_int_equal(chown(fix->state, STRANGER, (gid_t)-1), 0);
		status.st_uid = STRANGER;
	}
	(void)snprintf(value, sizeof(value), "user id %lu", (unsigned long)status.st_uid);
	me = STRANGER + 1;
	assert_warns(fix, fix->state, "state directory belongs to another user", value);
	me = status.st_uid;
	check(fix);
	assert_int_equal(fix->complaints.count, 0);
}

static void leaves_a_missing_directory_to_others(void **state)
{
	struct fixture *fix = *state;

	condition_check_custody("/nowhere/at/all", &fix->complaints);
	assert_int_equal(fix->complaints.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(says_nothing_of_a_state_in_our_hands),
		TEST(warns_of_a_directory_that_others_may_write_to),
		TEST(warns_of_entries_that_others_may_write_to),
		TEST(names_one_of_many_entries),
		TEST(warns_of_a_directory_of_somebody_else),
		TEST(leaves_a_missing_directory_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
