/* SPDX-License-Identifier: ISC */
/* wrap: geteuid getegid getpwnam getpwuid initgroups setresgid setresuid fchown */
#include "ctl/acme/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define OWNER    1001
#define GROUP    1002
#define FOR_EVER 99

/* A kernel as far as it matters here, and what it was asked. */
static struct {
	uid_t uid;
	gid_t gid;
	bool knows;      /* the owner has an entry */
	int fails_at;    /* the step, from 1, that is refused; 0: none is */
	bool may_return; /* who gave root up becomes root again */
	int steps;
	char order[64];
	uid_t given_to;
} world;

static char name[] = USER_NAME;
static struct passwd entry = { .pw_name = name, .pw_uid = OWNER, .pw_gid = GROUP };

__typeof__(geteuid) __wrap_geteuid;
__typeof__(getegid) __wrap_getegid;
__typeof__(getpwnam) __wrap_getpwnam;
__typeof__(getpwuid) __wrap_getpwuid;
__typeof__(initgroups) __wrap_initgroups;
__typeof__(setresgid) __wrap_setresgid;
__typeof__(setresuid) __wrap_setresuid;
__typeof__(fchown) __wrap_fchown;

uid_t __wrap_geteuid(void)
{
	return world.uid;
}

gid_t __wrap_getegid(void)
{
	return world.gid;
}

struct passwd *__wrap_getpwnam(const char *wanted)
{
	assert_string_equal(wanted, USER_NAME);
	return world.knows ? &entry : NULL;
}

struct passwd *__wrap_getpwuid(uid_t uid)
{
	assert_int_equal(uid, OWNER);
	return world.knows ? &entry : NULL;
}

static int step(const char *word)
{
	(void)strcat(strcat(world.order, word), " ");
	if (++world.steps != world.fails_at)
		return 0;
	errno = EAGAIN;
	return -1;
}

int __wrap_initgroups(const char *wanted, gid_t group)
{
	assert_string_equal(wanted, USER_NAME);
	assert_int_equal(group, GROUP);
	return step("groups");
}

int __wrap_setresgid(gid_t real, gid_t effective, gid_t saved)
{
	assert_true(real == GROUP && effective == GROUP && saved == GROUP);
	world.gid = effective;
	return step("group");
}

int __wrap_setresuid(uid_t real, uid_t effective, uid_t saved)
{
	if (real == (uid_t)-1 && effective == 0) {
		(void)strcat(world.order, "back ");
		return world.may_return ? 0 : -1;
	}
	assert_true(real == OWNER && effective == OWNER && saved == OWNER);
	world.uid = effective;
	return step("user");
}

int __wrap_fchown(int fd, uid_t uid, gid_t gid)
{
	(void)fd;
	assert_int_equal(gid, GROUP);
	world.given_to = uid;
	return world.fails_at == FOR_EVER ? -1 : 0;
}

static char *said;

static enum err become(uid_t owner)
{
	const struct stat status = { .st_uid = owner };
	size_t len;
	FILE *err;
	enum err result;

	free(said);
	said = NULL;
	err = open_memstream(&said, &len);
	result = user_become(&status, "/a", err);
	assert_int_equal(fclose(err), 0);
	return result;
}

static int set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.knows = true;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(said);
	said = NULL;
	return 0;
}

static void root_becomes_the_owner_with_its_groups_first(void **state)
{
	(void)state;
	assert_int_equal(become(OWNER), ERR_OK);
	assert_string_equal(world.order, "groups group user back ");
	assert_string_equal(said, "");
}

static void root_stays_root_for_what_is_its_own(void **state)
{
	(void)state;
	assert_int_equal(become(0), ERR_OK);
	assert_string_equal(world.order, "");
}

static void nobody_else_becomes_anybody(void **state)
{
	(void)state;
	world.uid = 5;
	assert_int_equal(become(OWNER), ERR_OK);
	assert_string_equal(world.order, "");
}

static void a_step_that_is_refused_is_the_last_one(void **state)
{
	static const char *const orders[] = { "groups ", "groups group ", "groups group user " };

	for (int i = 0; i < 3; i++) {
		(void)set_up(state);
		world.fails_at = i + 1;
		assert_int_equal(become(OWNER), ERR_REFUSED);
		assert_string_equal(world.order, orders[i]);
		assert_non_null(strstr(said,
				       "root cannot become " USER_NAME ", who owns the account directory "
				       "'/a' (Resource temporarily unavailable)"));
	}
}

static void who_may_return_has_not_become_another(void **state)
{
	(void)state;
	world.may_return = true;
	assert_int_equal(become(OWNER), ERR_REFUSED);
}

static void an_owner_whom_nobody_knows_is_refused(void **state)
{
	(void)state;
	world.knows = false;
	assert_int_equal(become(OWNER), ERR_REFUSED);
	assert_string_equal(world.order, "");
	assert_non_null(strstr(said, "'/a' belongs to user ID 1001, whom nobody knows"));
}

static void what_root_makes_is_given_to_the_user_of_the_units(void **state)
{
	(void)state;
	assert_int_equal(user_give(3), ERR_OK);
	assert_int_equal(world.given_to, OWNER);
	world.fails_at = FOR_EVER;
	assert_int_equal(user_give(3), ERR_IO);
}

static void without_that_user_it_stays_roots(void **state)
{
	(void)state;
	world.knows = false;
	assert_int_equal(user_give(3), ERR_OK);
	assert_int_equal(world.given_to, 0);
}

static void what_another_makes_stays_as_it_is(void **state)
{
	(void)state;
	world.uid = 5;
	assert_int_equal(user_give(3), ERR_OK);
	assert_int_equal(world.given_to, 0);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(root_becomes_the_owner_with_its_groups_first),
		UNIT(root_stays_root_for_what_is_its_own),
		UNIT(nobody_else_becomes_anybody),
		UNIT(a_step_that_is_refused_is_the_last_one),
		UNIT(who_may_return_has_not_become_another),
		UNIT(an_owner_whom_nobody_knows_is_refused),
		UNIT(what_root_makes_is_given_to_the_user_of_the_units),
		UNIT(without_that_user_it_stays_roots),
		UNIT(what_another_makes_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
