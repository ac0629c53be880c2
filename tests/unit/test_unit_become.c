/* SPDX-License-Identifier: ISC */
/* What root becomes reads what the service reads, and leads nowhere else.  Needs root. */
#include "scratch.h"

#include "app/unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { FOUND_OPEN = 1, FOUND_PRIVATE = 2, FOUND_HIDDEN = 4, FOUND_LINK = 8, WRITES = 16, NOT_BECOME = 255 };

static char nobody[] = "nobody", root[] = "root", none[] = "", no_such[] = "no-such-name",
	    not_there[] = "/not/there";

struct fixture {
	struct scratch *scratch;
	char shown[256], hidden[256];
	char *pairs[11];
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

static int looked_as(const struct fixture *fix, struct unit *unit)
{
	const char *why;
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		(void)umask(0077); /* as mta-stsd has it */
	if (child == 0)
		_exit(unit_become(unit, &why) == ERR_OK ? look(fix) : NOT_BECOME);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static struct unit unit_of(struct fixture *fix, bool confined)
{
	return (struct unit){ .user = nobody, .group = none, .shown = fix->pairs, .confined = confined };
}

static void only_what_its_user_may_read_is_read(void **state)
{
	struct fixture *fix = *state;
	struct unit unit = unit_of(fix, false);

	assert_int_equal(looked_as(fix, &unit), FOUND_OPEN | FOUND_HIDDEN | FOUND_LINK);
}

static void a_link_to_what_is_not_shown_leads_nowhere(void **state)
{
	struct fixture *fix = *state;
	struct unit unit = unit_of(fix, true);
	int seen = looked_as(fix, &unit);

	if (seen == NOT_BECOME)
		skip(); /* a container's root */
	assert_int_equal(seen, FOUND_OPEN);
	assert_int_not_equal(access(fix->hidden, F_OK), -1);
}

static void its_supplementary_groups_count(void **state)
{
	struct fixture *fix = *state;
	struct unit unit = unit_of(fix, false);
	char *groups[] = { root, NULL };

	unit.groups = groups;
	assert_int_equal(looked_as(fix, &unit), FOUND_OPEN | FOUND_PRIVATE | FOUND_HIDDEN | FOUND_LINK);
}

static void a_user_or_group_that_is_not_there_is_no_reason_to_guess(void **state)
{
	struct fixture *fix = *state;
	struct unit unit = unit_of(fix, true);

	unit.group = no_such;
	assert_int_equal(looked_as(fix, &unit), NOT_BECOME);
	unit.group = none;
	unit.user = no_such;
	assert_int_equal(looked_as(fix, &unit), NOT_BECOME);
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
	fix->pairs[0] = fix->pairs[1] = fix->shown;
	fix->pairs[2] = fix->pairs[3] = not_there;
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
		TEST(a_link_to_what_is_not_shown_leads_nowhere),
		TEST(its_supplementary_groups_count),
		TEST(a_user_or_group_that_is_not_there_is_no_reason_to_guess),
	};

	if (geteuid() != 0)
		return 77;
	return cmocka_run_group_tests_name("unit_become", tests, NULL, NULL);
}
