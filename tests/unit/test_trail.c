/* SPDX-License-Identifier: ISC */
#include "app/trail.h"

#include "base/text.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* What was told, such as "/a b;/a *;": a directory and a name that matters in it; '?': it is not vital. */
static struct text told;

static enum err note(void *context, const char *directory, const char *name, bool vital)
{
	const struct scratch *scratch = context;
	size_t len = strlen(scratch->folder);

	if (strncmp(directory, scratch->folder, len) == 0)
		directory += len;
	return text_appendf(&told, "%s %s%s;", directory, name != NULL ? name : "*", vital ? "" : "?");
}

static void assert_trail(struct scratch *scratch, const char *path, const char *expected)
{
	text_free(&told);
	assert_int_equal(trail_follow(scratch_path(scratch, path), note, scratch), ERR_OK);
	assert_string_equal(told.bytes != NULL ? told.bytes : "", expected);
	text_free(&told);
}

static void make_directory(struct scratch *scratch, const char *name)
{
	assert_int_equal(mkdir(scratch_path(scratch, name), 0755), 0);
}

static void make_link(struct scratch *scratch, const char *to, const char *name)
{
	assert_int_equal(symlink(to, scratch_path(scratch, name)), 0);
}

static void a_file_is_where_its_directory_says(void **state)
{
	make_directory(*state, "a");
	(void)scratch_write(*state, "a/f", "");
	assert_trail(*state, "a/f", "/a f;");
	assert_trail(*state, "a//./f", "/a/. f;");
}

static void a_directory_counts_with_all_in_it(void **state)
{
	make_directory(*state, "a");
	assert_trail(*state, "a", " a?;/a *;");
	assert_trail(*state, "a/", " a?;/a *;");
}

static void what_is_not_there_is_waited_for_where_it_would_be(void **state)
{
	make_directory(*state, "a");
	assert_trail(*state, "a/b/c/f", "/a b;");
	assert_trail(*state, "a/f", "/a f;");
}

static void each_link_on_the_way_matters(void **state)
{
	struct scratch *scratch = *state;
	char target[512];

	make_directory(scratch, "a");
	make_directory(scratch, "a/one");
	make_directory(scratch, "b");
	(void)scratch_write(scratch, "a/one/f", "");
	make_link(scratch, "one", "a/current");
	make_link(scratch, "../a/current/f", "b/f");
	assert_trail(scratch, "b/f", "/b f;/b/../a current;/b/../a/one f;");

	(void)snprintf(target, sizeof(target), "%s/a/current", scratch->folder);
	make_link(scratch, target, "all");
	assert_trail(scratch, "all", " all;/a current;/a one?;/a/one *;");
	assert_trail(scratch, "all/g", " all;/a current;/a/one g;");
}

static void links_in_a_circle_and_into_nowhere_end(void **state)
{
	make_link(*state, "y", "x");
	make_link(*state, "x", "y");
	make_link(*state, "nothing", "z");
	text_free(&told);
	assert_int_equal(trail_follow(scratch_path(*state, "x"), note, *state), ERR_OK);
	assert_true(told.len > 0 && told.len < 1000);
	text_free(&told);
	assert_trail(*state, "z", " z; nothing;");
}

static void a_path_that_is_too_long_leads_nowhere(void **state)
{
	static char path[5000];

	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	assert_int_equal(trail_follow(path, note, *state), ERR_OK);
	path[300] = '\0';
	assert_int_equal(trail_follow(path, note, *state), ERR_OK);
	assert_null(told.bytes);
}

static enum err refuse(void *context, const char *directory, const char *name, bool vital)
{
	(void)directory;
	(void)name;
	(void)vital;
	(*(unsigned *)context)++;
	return ERR_NO_MEMORY;
}

static void who_hears_of_it_may_end_it(void **state)
{
	unsigned calls = 0;

	make_directory(*state, "a");
	assert_int_equal(trail_follow(scratch_path(*state, "a"), refuse, &calls), ERR_NO_MEMORY);
	assert_int_equal(calls, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_where_its_directory_says),
		TEST(a_directory_counts_with_all_in_it),
		TEST(what_is_not_there_is_waited_for_where_it_would_be),
		TEST(each_link_on_the_way_matters),
		TEST(links_in_a_circle_and_into_nowhere_end),
		TEST(a_path_that_is_too_long_leads_nowhere),
		TEST(who_hears_of_it_may_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
