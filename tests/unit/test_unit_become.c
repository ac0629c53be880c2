/* SPDX-License-Identifier: ISC */
/* What root becomes reads what the service reads, and leads nowhere else.  Needs root. */
#include "scratch.h"

#include "app/unit.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	FOUND_OPEN = 1,
	FOUND_PRIVATE = 2,
	FOUND_HIDDEN = 4,
	FOUND_LINK = 8,
	WRITES = 16,
	NAMED = 254,
	NOT_BECOME = 255
};

static char nobody[] = "nobody", number[] = "65534", root[] = "root", none[] = "", no_such[] = "no-such-name",
	    no_number[] = "64321", not_there[] = "/not/there";

struct fixture {
	struct scratch *scratch;
	char shown[256], hidden[256];
};

static bool reads(const char *directory, const char *name)
{
	char path[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "re");
	return file != NULL && fclose(file) == 0;
}

static int look(const struct fixture *fix)
{
	char path[512];
	FILE *made;

	(void)snprintf(path, sizeof(path), "%s/new", fix->shown);
	made = fopen(path, "we");
	if (made != NULL)
		(void)fclose(made);
	return (reads(fix->shown, "open") ? FOUND_OPEN : 0) |
	       (reads(fix->shown, "private") ? FOUND_PRIVATE : 0) |
	       (reads(fix->hidden, "open") ? FOUND_HIDDEN : 0) |
	       (reads(fix->shown, "link") ? FOUND_LINK : 0) | (made != NULL ? WRITES : 0);
}

/* What may be looked at, and which path a refusal names. */
static int looked_as(const struct fixture *fix, struct unit *unit, const char *named)
{
	const char *why;
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		(void)umask(0077); /* as mta-stsd has it */
	if (child == 0 && unit_become(unit, &why) == ERR_OK)
		_exit(look(fix));
	if (child == 0)
		_exit(named != NULL && strstr(why, named) != NULL ? NAMED : NOT_BECOME);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static struct unit unit_of(bool confined)
{
	return (struct unit){ .user = nobody, .group = none, .confined = confined };
}

/* As unit_ask() has them. */
static void put(struct unit *unit, enum unit_place_kind kind, const char *path, bool may_miss)
{
	unit->place = reallocarray(unit->place, unit->count + 1, sizeof(*unit->place));
	assert_non_null(unit->place);
	unit->place[unit->count++] = (struct unit_place){
		.kind = kind, .path = strdup(path), .from = strdup(path), .may_miss = may_miss
	};
}

static void forget(struct unit *unit)
{
	unit->user = unit->group = NULL;
	unit->groups = NULL;
	unit_free(unit);
}

#define ALL (FOUND_OPEN | FOUND_HIDDEN | FOUND_LINK)

static void only_what_its_user_may_read_is_read(void **state)
{
	struct unit unit = unit_of(false);

	assert_int_equal(looked_as(*state, &unit, NULL), ALL);
}

static void a_user_may_be_a_number(void **state)
{
	struct unit unit = unit_of(false);

	unit.user = unit.group = number;
	assert_int_equal(looked_as(*state, &unit, NULL), ALL);
	unit.user = no_number;
	assert_int_equal(looked_as(*state, &unit, NULL), NOT_BECOME);
}

/* Whether this process may have a file system of its own, which the root of a container may not. */
static bool may_mount(void)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		_exit(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
			      ? 0
			      : 1);
	return waitpid(child, &status, 0) == child && status == 0;
}

static void a_link_to_what_is_not_shown_leads_nowhere(void **state)
{
	struct fixture *fix = *state;
	struct unit unit = unit_of(true);

	if (!may_mount())
		skip();
	put(&unit, UNIT_SHOWS, fix->shown, false);
	put(&unit, UNIT_SHOWS, not_there, true);
	assert_int_equal(looked_as(fix, &unit, NULL), FOUND_OPEN);
	assert_int_not_equal(access(fix->hidden, F_OK), -1);
	forget(&unit);
}

/* ProtectHome= and InaccessiblePaths=, with and without a root of its own. */
static void what_is_hidden_or_cleared_is_not_seen_in_all_the_rest(void **state)
{
	static const enum unit_place_kind kinds[] = { UNIT_HIDES, UNIT_CLEARS };
	struct fixture *fix = *state;

	if (!may_mount())
		skip();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct unit unit = unit_of(false);

		put(&unit, kinds[i], fix->hidden, false);
		put(&unit, UNIT_HIDES, not_there, true);
		assert_int_equal(looked_as(fix, &unit, NULL), FOUND_OPEN);
		forget(&unit);
	}
}

/* As systemd: whatever is bound below it.  What is only cleared may have something in it again. */
static void what_is_bound_below_a_hidden_place_is_hidden_too(void **state)
{
	struct fixture *fix = *state;
	const char *above = fix->scratch->folder;
	char beside[300];

	if (!may_mount())
		skip();
	for (int confined = 0; confined < 2; confined++) {
		struct unit hides = unit_of(confined), clears = unit_of(confined);

		(void)snprintf(beside, sizeof(beside), "%s-beside", above); /* sorts between them */
		put(&hides, UNIT_SHOWS, fix->shown, false);
		put(&hides, UNIT_HIDES, beside, true);
		put(&hides, UNIT_HIDES, above, true);
		assert_int_equal(looked_as(fix, &hides, NULL), 0);
		put(&clears, UNIT_SHOWS, fix->shown, false);
		put(&clears, UNIT_CLEARS, above, false);
		assert_int_equal(looked_as(fix, &clears, above), confined ? FOUND_OPEN : NAMED);
		forget(&hides);
		forget(&clears);
	}
}

static void a_service_that_cannot_start_is_named_as_that(void **state)
{
	struct fixture *fix = *state;
	struct unit shows = unit_of(true), hides = unit_of(false), made = unit_of(false);

	if (!may_mount())
		skip();
	put(&shows, UNIT_SHOWS, not_there, false);
	assert_int_equal(looked_as(fix, &shows, not_there), NAMED);
	put(&hides, UNIT_HIDES, not_there, false);
	assert_int_equal(looked_as(fix, &hides, not_there), NAMED);
	put(&made, UNIT_SHOWS, fix->shown, false);
	made.place[0].path[1] = 'X'; /* a place that is nowhere yet */
	assert_int_equal(looked_as(fix, &made, made.place[0].path), NAMED);
	forget(&shows);
	forget(&hides);
	forget(&made);
}

static void its_supplementary_groups_count(void **state)
{
	struct unit unit = unit_of(false);
	char zero[] = "0";
	char *by_name[] = { root, NULL }, *by_number[] = { zero, NULL };

	unit.groups = by_name;
	assert_int_equal(looked_as(*state, &unit, NULL), ALL | FOUND_PRIVATE);
	unit.groups = by_number;
	assert_int_equal(looked_as(*state, &unit, NULL), ALL | FOUND_PRIVATE);
}

static void a_user_or_group_that_is_not_there_is_no_reason_to_guess(void **state)
{
	struct unit unit = unit_of(true);

	unit.group = no_such;
	assert_int_equal(looked_as(*state, &unit, NULL), NOT_BECOME);
	unit.group = none;
	unit.user = no_such;
	assert_int_equal(looked_as(*state, &unit, NULL), NOT_BECOME);
}

static void make(struct fixture *fix)
{
	char target[512];

	assert_int_equal(chmod(fix->scratch->folder, 0755), 0);
	assert_int_equal(mkdir(fix->shown, 0755), 0);
	assert_int_equal(mkdir(fix->hidden, 0755), 0);
	assert_int_equal(chmod(scratch_write(fix->scratch, "shown/open", "x"), 0644), 0);
	assert_int_equal(chmod(scratch_write(fix->scratch, "shown/private", "x"), 0640), 0);
	assert_int_equal(chmod(scratch_write(fix->scratch, "hidden/open", "x"), 0644), 0);
	(void)snprintf(target, sizeof(target), "%s/open", fix->hidden);
	assert_int_equal(symlink(target, scratch_path(fix->scratch, "shown/link")), 0);
}

static int set_up(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));
	void *scratch = NULL;

	if (fix == NULL || scratch_setup(&scratch) != 0)
		return -1;
	fix->scratch = scratch;
	(void)snprintf(fix->shown, sizeof(fix->shown), "%s", scratch_path(fix->scratch, "shown"));
	(void)snprintf(fix->hidden, sizeof(fix->hidden), "%s", scratch_path(fix->scratch, "hidden"));
	make(fix);
	*state = fix;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;
	void *scratch = fix->scratch;

	free(fix);
	return scratch_teardown(&scratch);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_what_its_user_may_read_is_read),
		TEST(a_user_may_be_a_number),
		TEST(what_is_hidden_or_cleared_is_not_seen_in_all_the_rest),
		TEST(what_is_bound_below_a_hidden_place_is_hidden_too),
		TEST(a_service_that_cannot_start_is_named_as_that),
		TEST(a_link_to_what_is_not_shown_leads_nowhere),
		TEST(its_supplementary_groups_count),
		TEST(a_user_or_group_that_is_not_there_is_no_reason_to_guess),
	};

	if (geteuid() != 0)
		return 77;
	return cmocka_run_group_tests_name("unit_become", tests, NULL, NULL);
}
